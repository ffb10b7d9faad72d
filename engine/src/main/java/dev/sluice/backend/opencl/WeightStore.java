package dev.sluice.backend.opencl;

import dev.sluice.backend.tiles.WeightLayout;
import dev.sluice.graph.Layer;
import dev.sluice.opencl.Buffer;
import dev.sluice.tensor.BlockCodec;
import dev.sluice.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * The weights of a device, each distinct tensor once however many layers use it: matrices as the device wants them, vectors (gains,
 * biases) as f32. Freed when the last user gives it back.
 */
final class WeightStore implements AutoCloseable {
    private static final class Entry {
        final Buffer buffer;
        int users;

        Entry(Buffer buffer) {
            this.buffer = buffer;
        }
    }

    /** What a buffer holds: one tensor, or several vectors one after another. */
    private record Key(List<Tensor> tensors, boolean tiles) {}

    private final Map<Key, Entry> entries = new HashMap<>();
    private final OpenClDevice device;
    private final Upload upload;
    private final WeightLayout layout;
    private final Pieces pieces;

    WeightStore(OpenClDevice device, Upload upload, WeightLayout layout, long largestBuffer) {
        this.device = device;
        this.upload = upload;
        this.layout = layout;
        pieces = new Pieces(layout, largestBuffer);
    }

    private long matrixBytes(Tensor tensor) {
        return layout.bytes(tensor.type(), tensor.shape().cols(), tensor.shape().rows());
    }

    /** Bytes that the weights of a layer take, each counted once. */
    long bytes(Layer layer) {
        Set<Tensor> matrices = new LinkedHashSet<>(layer.matrices());
        layer.table().ifPresent(matrices::add);
        long bytes = 0;
        for (Tensor matrix : matrices) {
            bytes += matrixBytes(matrix);
        }
        for (Tensor vector : layer.vectors()) {
            bytes += Float.BYTES * vector.shape().elements();
        }
        return bytes;
    }

    /** A matrix as tensors that one buffer can hold each. */
    List<Tensor> pieces(Tensor tensor) {
        return pieces.of(tensor);
    }

    /**
     * The tiles of a matrix, which is one of its {@link #pieces}.
     *
     * @param hosted whether it is to lie in the host's memory, unless it is there already for another layer
     */
    Matrix matrix(Tensor tensor, boolean hosted) {
        Entry entry = acquire(new Key(List.of(tensor), true), () -> upload.matrix(tensor, matrixBytes(tensor), hosted));
        return new Matrix(
                entry.buffer,
                tensor.type(),
                Math.toIntExact(tensor.shape().rows()),
                Math.toIntExact(tensor.shape().cols()));
    }

    /** Vectors one after another. */
    Buffer vectors(List<Tensor> tensors) {
        Entry entry = acquire(new Key(List.copyOf(tensors), false), () -> {
            int floats = tensors.stream()
                    .mapToInt(t -> Math.toIntExact(t.shape().elements()))
                    .sum();
            float[] all = new float[floats];
            int at = 0;
            for (Tensor tensor : tensors) {
                float[] one = BlockCodec.floats(tensor);
                System.arraycopy(one, 0, all, at, one.length);
                at += one.length;
            }
            return upload.vector(all, "the vector " + tensors.getFirst().name());
        });
        return entry.buffer;
    }

    private Entry acquire(Key key, java.util.function.Supplier<Buffer> make) {
        Entry entry = entries.get(key);
        if (entry == null) {
            entry = new Entry(make.get());
            entries.put(key, entry);
        }
        entry.users++;
        return entry;
    }

    /** Gives back what was acquired, by its buffer. */
    void release(Buffer buffer) {
        List<Key> freed = new ArrayList<>();
        entries.forEach((key, entry) -> {
            if (entry.buffer == buffer && --entry.users == 0) {
                freed.add(key);
            }
        });
        freed.forEach(key -> device.free(Objects.requireNonNull(entries.remove(key)).buffer));
    }

    @Override
    public void close() {
        entries.values().forEach(entry -> device.free(entry.buffer));
        entries.clear();
    }
}
