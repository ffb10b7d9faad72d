package dev.sluice.backend.cpu;

import dev.sluice.backend.Device;
import dev.sluice.backend.tiles.RowTiles;
import dev.sluice.error.SluiceException;
import dev.sluice.graph.Layer;
import dev.sluice.system.PageMemory;
import dev.sluice.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The packed matrices of a device, each once however many layers share it. Those of layers that are compiled together
 * lie in one slab of memory, which is freed when the last of them is closed, and are packed together.
 */
final class WeightStore implements AutoCloseable {
    /** Where a matrix begins within its slab: at a cache line. */
    private static final int ALIGNMENT = 64;

    private static final class Slab {
        final Arena arena = Arena.ofShared();
        final MemorySegment memory;
        long taken;
        int users;

        Slab(long bytes) {
            try {
                memory = PageMemory.allocateHuge(arena, bytes);
            } catch (OutOfMemoryError e) {
                arena.close();
                throw new SluiceException("no memory for " + bytes + " bytes of weights: choose a smaller model", e);
            }
        }
    }

    private static final class Entry {
        final Slab slab;
        final Matrix matrix;
        int users;

        Entry(Slab slab, Matrix matrix) {
            this.slab = slab;
            this.matrix = matrix;
        }
    }

    private final Map<Tensor, Entry> entries = new HashMap<>();
    private final List<Matrix> unpacked = new ArrayList<>();
    private final WorkerPool pool;
    private final Kernels kernels;
    private final boolean packs;
    private @Nullable Slab current;

    WeightStore(WorkerPool pool, Kernels kernels) {
        this.pool = pool;
        this.kernels = kernels;
        packs = kernels.packs();
    }

    static long packedBytes(Tensor tensor) {
        return RowTiles.bytes(
                tensor.type(), tensor.shape().cols(), tensor.shape().rows());
    }

    /** Bytes that the weights of a layer take, each counted once; its embedding table is read where it lies, in the file. */
    long bytes(Layer layer) {
        long bytes = 0;
        if (packs) {
            for (Tensor matrix : layer.matrices()) {
                bytes += packedBytes(matrix);
            }
        }
        for (Tensor vector : layer.vectors()) {
            bytes += Float.BYTES * vector.shape().elements();
        }
        return bytes;
    }

    /**
     * Takes memory for matrices that are about to be acquired.
     *
     * @throws SluiceException if there is none
     */
    void reserve(Collection<Tensor> tensors) {
        long bytes = tensors.stream()
                .filter(tensor -> packs && !entries.containsKey(tensor))
                .mapToLong(tensor -> aligned(packedBytes(tensor)))
                .sum();
        current = bytes == 0 ? null : new Slab(bytes);
    }

    /** The tiles of a matrix, which was reserved; {@link #pack} fills them. */
    Matrix acquire(Tensor tensor) {
        if (!packs) {
            return new Matrix(tensor, tensor.data());
        }
        Entry entry = entries.get(tensor);
        if (entry == null) {
            Slab slab = current;
            long bytes = packedBytes(tensor);
            if (slab == null || slab.memory.byteSize() - slab.taken < aligned(bytes)) {
                throw new IllegalStateException(tensor.name() + " was not reserved");
            }
            entry = new Entry(slab, new Matrix(tensor, slab.memory.asSlice(slab.taken, bytes)));
            slab.taken += aligned(bytes);
            slab.users++;
            entries.put(tensor, entry);
            unpacked.add(entry.matrix);
        }
        entry.users++;
        return entry.matrix;
    }

    /** Packs what was acquired since the last call. */
    void pack(Device.Loading loading) {
        try {
            new Packing(unpacked, pool, kernels).run(loading);
        } finally {
            unpacked.clear();
        }
    }

    void release(Tensor tensor) {
        Entry entry = entries.get(tensor);
        if (entry != null && --entry.users == 0) {
            entries.remove(tensor);
            unpacked.remove(entry.matrix);
            if (--entry.slab.users == 0) {
                entry.slab.arena.close();
            }
        }
    }

    /** Frees a slab that was reserved and never used. */
    void endReservation() {
        Slab slab = current;
        current = null;
        if (slab != null && slab.users == 0 && slab.arena.scope().isAlive()) {
            slab.arena.close();
        }
    }

    private static long aligned(long bytes) {
        return Math.ceilDiv(bytes, (long) ALIGNMENT) * ALIGNMENT;
    }

    @Override
    public void close() {
        entries.values().stream().map(entry -> entry.slab).distinct().forEach(slab -> slab.arena.close());
        entries.clear();
    }
}
