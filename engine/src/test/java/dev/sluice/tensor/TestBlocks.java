package dev.sluice.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/** Tensors with random contents for tests, in native memory that lives as long as the tensor is reachable. */
public final class TestBlocks {
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private TestBlocks() {}

    /**
     * A matrix of {@link RandomBlocks}.
     *
     * @param cols a multiple of the format's block size
     * @throws IllegalArgumentException if the format has no codec
     */
    public static Tensor random(DType type, long cols, long rows, long seed) {
        MemorySegment data = Arena.ofAuto().allocate(type.bytes(cols) * rows, 64);
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        RandomBlocks.fill(type, data, random);
        return new Tensor("random " + type, type, Shape.of(cols, rows), data);
    }

    /** An F32 tensor of the given values. */
    public static Tensor floats(String name, float[] values, long... dims) {
        MemorySegment data = Arena.ofAuto().allocate(4L * values.length, 64);
        for (int i = 0; i < values.length; i++) {
            data.set(FLOAT, 4L * i, values[i]);
        }
        return new Tensor(name, DType.F32, Shape.of(dims), data);
    }
}
