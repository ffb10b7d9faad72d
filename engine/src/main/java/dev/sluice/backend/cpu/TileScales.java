package dev.sluice.backend.cpu;

import dev.sluice.tensor.DType;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Brings the scales of a tile into one form for all formats: for each group of columns 16 factors a and 16 offsets b, such
 * that a weight is {@code a · q + b} with the quant q as it is stored (signed in Q8_0, unsigned elsewhere). Doing this in
 * a pass of its own keeps the hot loops small enough for the compiler to inline all of their vector calls.
 */
final class TileScales {
    static final float TWO_112 = 0x1p112f;

    private TileScales() {}

    /** Columns that share a scale. */
    static int groupCols(DType type) {
        return type == DType.Q6_K ? 16 : 32;
    }

    /**
     * Writes the scales of some units of a tile.
     *
     * @param out from {@code outAt} on, [group][a × 16, b × 16]
     */
    static void expand(DType type, MemorySegment w, long at, int units, float[] out, int outAt) {
        for (int lane = 0; lane < 16; lane += Lanes.COUNT) {
            int to = outAt + lane;
            switch (type) {
                case Q8_0 -> symmetric(w, at + 2L * lane, 544, units, 0, out, to);
                case Q4_0 -> symmetric(w, at + 2L * lane, 288, units, -8, out, to);
                case Q5_0 -> symmetric(w, at + 2L * lane, 352, units, -16, out, to);
                case Q4_1 -> withMinimum(w, at + 2L * lane, 320, units, out, to);
                case Q5_1 -> withMinimum(w, at + 2L * lane, 384, units, out, to);
                case Q4_K -> superBlock(w, at + lane, lane, 2368, 288, units, out, to);
                case Q5_K -> superBlock(w, at + lane, lane, 2880, 352, units, out, to);
                case Q6_K -> signed(w, at + lane, lane, units, out, to);
                default -> throw new IllegalArgumentException(type + " has no scales");
            }
        }
    }

    /** d only: b = zero · d, where the quant's zero point is −zero. */
    private static void symmetric(MemorySegment w, long at, int unitBytes, int units, float zero, float[] out, int to) {
        for (int u = 0; u < units; u++) {
            FloatVector d = halves(w, at + (long) unitBytes * u);
            d.intoArray(out, 32 * u + to);
            d.mul(zero).intoArray(out, 32 * u + 16 + to);
        }
    }

    /** d and m. */
    private static void withMinimum(MemorySegment w, long at, int unitBytes, int units, float[] out, int to) {
        for (int u = 0; u < units; u++) {
            halves(w, at + (long) unitBytes * u).intoArray(out, 32 * u + to);
            halves(w, at + (long) unitBytes * u + 32).intoArray(out, 32 * u + 16 + to);
        }
    }

    /** a = d · sc, b = −dmin · mn. Bytes are at {@code at}, halves as many bytes further again. */
    private static void superBlock(
            MemorySegment w, long at, int lane, int unitBytes, int groupBytes, int units, float[] out, int to) {
        for (int u = 0; u < units; u++) {
            long unit = at + (long) unitBytes * u;
            FloatVector d = halves(w, unit + lane);
            FloatVector dmin = halves(w, unit + 32 + lane).neg();
            for (int g = 0; g < 8; g++) {
                long group = unit + 64 + (long) groupBytes * g;
                d.mul(bytes(w, group)).intoArray(out, 32 * (8 * u + g) + to);
                dmin.mul(bytes(w, group + 16)).intoArray(out, 32 * (8 * u + g) + 16 + to);
            }
        }
    }

    /** Q6_K: a = d · sc for each 16 columns, b = −32 a. */
    private static void signed(MemorySegment w, long at, int lane, int units, float[] out, int to) {
        for (int u = 0; u < units; u++) {
            long unit = at + 3360L * u;
            FloatVector d = halves(w, unit + lane);
            for (int g = 0; g < 16; g++) {
                FloatVector a = d.mul(bytes(w, unit + 32 + 416L * (g / 2) + 16L * (g % 2)));
                a.intoArray(out, 32 * (16 * u + g) + to);
                a.mul(-32f).intoArray(out, 32 * (16 * u + g) + 16 + to);
            }
        }
    }

    private static FloatVector bytes(MemorySegment w, long at) {
        return (FloatVector) ByteVector.fromMemorySegment(Lanes.BYTES, w, at, Lanes.ORDER)
                .convertShape(VectorOperators.B2F, Lanes.FLOATS, 0);
    }

    /**
     * Halves as floats. The bits of the magnitude, moved to their place in a float, are the number times 2⁻¹¹², denormal
     * ones included; infinities, which are no weights, become 65536.
     */
    static FloatVector halves(MemorySegment w, long at) {
        // The sign is kept by extending it; of its copies all but the topmost are masked away.
        IntVector bits = (IntVector) ShortVector.fromMemorySegment(Lanes.SHORTS, w, at, Lanes.ORDER)
                .convertShape(VectorOperators.S2I, Lanes.INTS, 0);
        return bits.lanewise(VectorOperators.LSHL, 13)
                .and(0x8fffe000)
                .reinterpretAsFloats()
                .mul(TWO_112);
    }
}
