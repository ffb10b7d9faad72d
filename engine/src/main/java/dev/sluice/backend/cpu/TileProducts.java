package dev.sluice.backend.cpu;

import dev.sluice.tensor.DType;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * Products of the 16 rows of a tile with one vector x, lanes being rows. A quant is not shifted into place: its bits are
 * masked where they lie and converted, which gives it times a power of two, and x is divided by that power beforehand,
 * exactly. What a format subtracts from its quants, or adds, is the sum of x over a group of columns times an offset.
 *
 * <p>The kernels ({@link NibbleProducts}, {@link FiveBitProducts}, {@link SixBitProducts}, {@link EightBitProducts}) are
 * written the way of which the compiler (C2) makes fast code; twice as fast as what looks equal to it. {@code LinearBench
 * -p device=cpu -p tokens=1} shows the rate, which should be near that of a loop that only reads.
 *
 * <ul>
 *   <li>One tile at a time, front to back, scales where they come: the processor's prefetcher follows one ascending
 *       stream. Two tiles at a time, or a pass over the scales after the quants, cost a third or more of the rate.
 *   <li>The innermost loop ends on {@code word != end}. A loop that counts is given an entrance of range checks and a
 *       first iteration of its own, which take longer than the few iterations that a group has.
 *   <li>Nothing but operations of the Vector API is called: past a number of nodes (NodeCountInliningCutoff) C2 inlines
 *       only those, and a vector that goes through a call becomes an object. Hence the repetitions.
 *   <li>Masks come from an array: of constants C2 makes new vectors at each use.
 * </ul>
 *
 * <p>One object belongs to a worker and one x at a time.
 */
final class TileProducts {
    /** What a quant of a 4-bit word's column, masked where it lies, has to be multiplied with. */
    private static final float[] NIBBLE_POWERS = powers(0, -8, -16, -24, -4, -12, -20, 0);
    /** What quants in the bytes of a word, masked where they lie, have to be multiplied with. */
    private static final float[] BYTE_POWERS = powers(0, -8, -16, 0, 0, -8, -16, 0);
    /** The same for bytes moved to the top of a word. */
    private static final float[] TOP_POWERS = powers(-24, -24, -24, -24, -24, -24, -24, -24);

    private static float[] powers(int... exponents) {
        float[] powers = new float[16];
        for (int i = 0; i < 16; i++) {
            powers[i] = Math.scalb(1f, exponents[i % 8]);
        }
        return powers;
    }

    private DType type = DType.F32;
    private int units;
    /** x, divided by the powers of two by which the masked bits are too large. */
    private float[] scaled = new float[0];

    private float[] sums = new float[0];
    private final float[] y = new float[16];

    void reserve(int cols) {
        if (scaled.length < cols) {
            scaled = new float[cols];
            sums = new float[cols / 16 + 1];
        }
    }

    /** Sets x for the products that follow, with matrices of one format. */
    void vector(DType format, float[] x, int xAt, int cols) {
        type = format;
        units = cols / format.blockSize();
        float[] powers = switch (format) {
            case Q8_0 -> TOP_POWERS;
            case Q4_0, Q4_1, Q4_K -> NIBBLE_POWERS;
            default -> BYTE_POWERS;
        };
        for (int c = 0; c < cols; c += Lanes.COUNT) {
            FloatVector power = FloatVector.fromArray(Lanes.FLOATS, powers, c % 16);
            FloatVector.fromArray(Lanes.FLOATS, x, xAt + c).mul(power).intoArray(scaled, c);
        }
        if (format == DType.Q8_0) {
            // It has no offsets.
            return;
        }
        int width = TileScales.groupCols(format);
        int groups = cols / width;
        for (int g = 0; g < groups; g++) {
            sums[g] = sum(x, xAt + g * width, width);
        }
    }

    /** A sum in a fixed order; the order of a vector's own reduction depends on the state of the compiler. */
    private static float sum(float[] x, int at, int count) {
        float s0 = 0;
        float s1 = 0;
        float s2 = 0;
        float s3 = 0;
        for (int i = at; i < at + count; i += 4) {
            s0 += x[i];
            s1 += x[i + 1];
            s2 += x[i + 2];
            s3 += x[i + 3];
        }
        return (s0 + s1) + (s2 + s3);
    }

    /** The 16 products of the last call. */
    float[] results() {
        return y;
    }

    /** Multiplies a tile, given by its byte offset. */
    void multiply(MemorySegment w, long at) {
        for (int lane = 0; lane < 16; lane += Lanes.COUNT) {
            switch (type) {
                case Q8_0 -> EightBitProducts.blocks(w, at, lane, units, scaled, y);
                case Q4_0 -> NibbleProducts.blocks(w, at, lane, units, 288, 0, -8, scaled, sums, y);
                case Q4_1 -> NibbleProducts.blocks(w, at, lane, units, 320, 32, 1, scaled, sums, y);
                case Q4_K -> NibbleProducts.superBlocks(w, at, lane, units, scaled, sums, y);
                case Q5_0 -> FiveBitProducts.blocks(w, at, lane, units, 352, 0, -16, scaled, sums, y);
                case Q5_1 -> FiveBitProducts.blocks(w, at, lane, units, 384, 32, 1, scaled, sums, y);
                case Q5_K -> FiveBitProducts.superBlocks(w, at, lane, units, scaled, sums, y);
                case Q6_K -> SixBitProducts.superBlocks(w, at, lane, units, scaled, sums, y);
                default -> throw new IllegalArgumentException(type + " has no scales");
            }
        }
    }
}
