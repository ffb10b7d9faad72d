package dev.sluice.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.random.RandomGenerator;

/**
 * Random weights, for tests and measurements: valid blocks of a format whose quants and integer scales are random bits, so
 * that every bit of the layout matters; their half-precision factors are random too, finite, of either sign, and keep the
 * elements within about 2.
 */
public final class RandomBlocks {
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** Where a block has a half-precision factor, and the size that keeps the elements near 1. */
    private record Factor(int offset, float magnitude) {}

    private RandomBlocks() {}

    /**
     * Fills memory with blocks.
     *
     * @param data whole blocks
     * @throws IllegalArgumentException if the format has no codec
     */
    public static void fill(DType type, MemorySegment data, RandomGenerator random) {
        for (long at = 0; at < data.byteSize(); at += type.blockBytes()) {
            fillBlock(type, data.asSlice(at, type.blockBytes()), random);
        }
    }

    private static void fillBlock(DType type, MemorySegment block, RandomGenerator random) {
        switch (type) {
            case F32 -> block.set(FLOAT, 0, element(random));
            case F16 -> block.set(SHORT, 0, Float.floatToFloat16(element(random)));
            case BF16 -> block.set(SHORT, 0, (short) (Float.floatToRawIntBits(element(random)) >>> 16));
            default -> {
                Factor[] factors = factors(type);
                byte[] bits = new byte[type.blockBytes()];
                random.nextBytes(bits);
                MemorySegment.copy(bits, 0, block, ValueLayout.JAVA_BYTE, 0, bits.length);
                for (Factor factor : factors) {
                    float value = factor.magnitude * random.nextFloat(0.5f, 1) * (random.nextBoolean() ? 1 : -1);
                    block.set(SHORT, factor.offset, Float.floatToFloat16(value));
                }
            }
        }
    }

    private static float element(RandomGenerator random) {
        return (float) random.nextGaussian(0, 0.5);
    }

    private static Factor[] factors(DType type) {
        return switch (type) {
            case Q8_0 -> new Factor[] {new Factor(0, 1 / 128f)};
            case Q4_0 -> new Factor[] {new Factor(0, 1 / 8f)};
            case Q4_1 -> new Factor[] {new Factor(0, 1 / 16f), new Factor(2, 1)};
            case Q5_0 -> new Factor[] {new Factor(0, 1 / 16f)};
            case Q5_1 -> new Factor[] {new Factor(0, 1 / 32f), new Factor(2, 1)};
            case Q4_K -> new Factor[] {new Factor(0, 1 / (63 * 15f)), new Factor(2, 1 / 63f)};
            case Q5_K -> new Factor[] {new Factor(0, 1 / (63 * 31f)), new Factor(2, 1 / 63f)};
            case Q6_K -> new Factor[] {new Factor(208, 1 / (128 * 32f))};
            default -> throw new IllegalArgumentException("no random blocks of " + type);
        };
    }
}
