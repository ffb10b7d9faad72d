package dev.sluice.measure;

import dev.sluice.tensor.DType;
import dev.sluice.tensor.RandomBlocks;
import dev.sluice.tensor.Shape;
import dev.sluice.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Tensors with random weights, which live until they are closed. Those of one format and size share their bytes on the host;
 * under different names they are different tensors to a device, so that many of them take memory there alone.
 */
public final class RandomWeights implements AutoCloseable {
    /** Random bytes are made once and repeated: enough that no device could tell. */
    private static final long PATTERN_BYTES = 1L << 18;

    private record Size(DType type, long bytes) {}

    private final Arena arena = Arena.ofShared();
    private final Map<Size, MemorySegment> made = new HashMap<>();

    /**
     * A matrix.
     *
     * @param cols a multiple of the format's block size
     * @throws IllegalArgumentException if the format cannot be computed
     */
    public Tensor matrix(String name, DType type, int cols, int rows) {
        long bytes = Math.multiplyExact(type.bytes(cols), (long) rows);
        MemorySegment data = made.computeIfAbsent(new Size(type, bytes), this::filled);
        return new Tensor(name, type, Shape.of(cols, rows), data);
    }

    /** A vector whose elements are all the same. */
    public Tensor vector(String name, int length, float value) {
        MemorySegment data = arena.allocate((long) Float.BYTES * length, 64);
        for (int i = 0; i < length; i++) {
            data.setAtIndex(ValueLayout.JAVA_FLOAT, i, value);
        }
        return new Tensor(name, DType.F32, Shape.of(length), data);
    }

    private MemorySegment filled(Size size) {
        MemorySegment data = arena.allocate(size.bytes, 64);
        long pattern = Math.min(size.bytes, PATTERN_BYTES / size.type.blockBytes() * size.type.blockBytes());
        RandomBlocks.fill(size.type, data.asSlice(0, pattern), new SplittableRandom(size.bytes));
        for (long at = pattern; at < size.bytes; at += pattern) {
            MemorySegment.copy(data, 0, data, at, Math.min(pattern, size.bytes - at));
        }
        return data;
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
