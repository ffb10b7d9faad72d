package dev.sluice.backend.cpu;

import dev.sluice.backend.tiles.RowTiles;
import dev.sluice.error.SluiceException;
import dev.sluice.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;

/** The packed matrices of a device, each once however many layers share it, freed when the last of them is closed. */
final class WeightStore implements AutoCloseable {
    private static final class Entry {
        final Arena arena = Arena.ofShared();
        final Matrix matrix;
        int users;

        Entry(Tensor tensor) {
            MemorySegment tiles;
            long bytes = packedBytes(tensor);
            try {
                tiles = arena.allocate(bytes, 64);
            } catch (OutOfMemoryError e) {
                arena.close();
                throw new SluiceException(
                        "no memory for the " + bytes + " bytes of " + tensor.name() + ": choose a smaller model", e);
            }
            matrix = new Matrix(tensor, tiles);
        }
    }

    private final Map<Tensor, Entry> entries = new HashMap<>();
    private final WorkerPool pool;
    private final boolean packs;

    WeightStore(WorkerPool pool, boolean packs) {
        this.pool = pool;
        this.packs = packs;
    }

    static long packedBytes(Tensor tensor) {
        return RowTiles.bytes(tensor.type(), tensor.shape().cols(), tensor.shape().rows());
    }

    Matrix acquire(Tensor tensor) {
        if (!packs) {
            return new Matrix(tensor, tensor.data());
        }
        Entry entry = entries.get(tensor);
        if (entry == null) {
            entry = new Entry(tensor);
            entries.put(tensor, entry);
            pack(entry.matrix);
        }
        entry.users++;
        return entry.matrix;
    }

    private void pack(Matrix matrix) {
        long tileBytes = RowTiles.tileBytes(matrix.type(), matrix.cols());
        pool.run(worker -> {
            int first = worker.first(matrix.tiles());
            int last = worker.last(matrix.tiles());
            MemorySegment share = matrix.data().asSlice(first * tileBytes, (last - first) * tileBytes);
            RowTiles.pack(matrix.tensor(), share, first, last);
        });
    }

    void release(Tensor tensor) {
        Entry entry = entries.get(tensor);
        if (entry != null && --entry.users == 0) {
            entries.remove(tensor);
            entry.arena.close();
        }
    }

    @Override
    public void close() {
        entries.values().forEach(entry -> entry.arena.close());
        entries.clear();
    }
}
