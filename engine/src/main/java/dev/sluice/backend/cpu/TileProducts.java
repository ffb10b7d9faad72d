package dev.sluice.backend.cpu;

import dev.sluice.tensor.DType;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Products of a tile's 16 rows with one vector x, lanes being rows. A quant becomes a float without a conversion: its bits
 * are moved into the mantissa of a power of two (2⁴ for 4 bits, 2⁵ for 5, 2⁶ for 6), which reads as that power plus the
 * quant; the sum of x over the group, times the offset of {@link TileScales}, takes the power away again.
 *
 * <p>Code is written out rather than shared: past a number of nodes the compiler stops inlining, and a vector that crosses
 * a call becomes an object.
 */
final class TileProducts {
    private TileProducts() {}

    /**
     * Dot products of a tile of a format with scales.
     *
     * @param scales as {@link TileScales#expand} wrote them
     * @param sums of x over each group
     * @param y receives 16 products
     */
    static void product(
            DType type,
            MemorySegment w,
            long at,
            int units,
            float[] x,
            int xAt,
            float[] scales,
            float[] sums,
            float[] y) {
        for (int lane = 0; lane < 16; lane += Lanes.COUNT) {
            long words = at + 4L * lane;
            switch (type) {
                case Q8_0 -> eight(w, words + 32, units, x, xAt, scales, lane, y);
                case Q4_0 -> four(w, words + 32, units, 288, 1, 0, x, xAt, scales, sums, lane, y);
                case Q4_1 -> four(w, words + 64, units, 320, 1, 0, x, xAt, scales, sums, lane, y);
                case Q4_K -> four(w, words + 96, units, 2368, 8, 288, x, xAt, scales, sums, lane, y);
                case Q5_0 -> five(w, words + 32, units, 352, 1, 0, x, xAt, scales, sums, lane, y);
                case Q5_1 -> five(w, words + 64, units, 384, 1, 0, x, xAt, scales, sums, lane, y);
                case Q5_K -> five(w, words + 96, units, 2880, 8, 352, x, xAt, scales, sums, lane, y);
                case Q6_K -> six(w, words + 64, units, x, xAt, scales, sums, lane, y);
                default -> throw new IllegalArgumentException(type + " has no scales");
            }
        }
    }

    private static void four(
            MemorySegment w,
            long words,
            int units,
            int unitBytes,
            int groups,
            int groupBytes,
            float[] x,
            int xAt,
            float[] scales,
            float[] sums,
            int lane,
            float[] y) {
        IntVector mask = IntVector.broadcast(Lanes.INTS, 0x780000);
        IntVector power = IntVector.broadcast(Lanes.INTS, 0x41800000);
        FloatVector total = FloatVector.zero(Lanes.FLOATS);
        int n = 0;
        for (int u = 0; u < units; u++) {
            long group = words + (long) unitBytes * u;
            for (int g = 0; g < groups; g++) {
                FloatVector s0 = FloatVector.zero(Lanes.FLOATS);
                FloatVector s1 = s0;
                FloatVector s2 = s0;
                FloatVector s3 = s0;
                for (int j = 0; j < 4; j++) {
                    IntVector v = IntVector.fromMemorySegment(Lanes.INTS, w, group + 64L * j, Lanes.ORDER);
                    int c = xAt + 32 * n + 8 * j;
                    FloatVector q0 = v.lanewise(VectorOperators.LSHL, 19)
                            .and(mask)
                            .or(power)
                            .reinterpretAsFloats();
                    s0 = q0.fma(FloatVector.broadcast(Lanes.FLOATS, x[c]), s0);
                    FloatVector q1 = v.lanewise(VectorOperators.LSHL, 11)
                            .and(mask)
                            .or(power)
                            .reinterpretAsFloats();
                    s1 = q1.fma(FloatVector.broadcast(Lanes.FLOATS, x[c + 1]), s1);
                    FloatVector q2 = v.lanewise(VectorOperators.LSHL, 3)
                            .and(mask)
                            .or(power)
                            .reinterpretAsFloats();
                    s2 = q2.fma(FloatVector.broadcast(Lanes.FLOATS, x[c + 2]), s2);
                    FloatVector q3 = v.lanewise(VectorOperators.LSHR, 5)
                            .and(mask)
                            .or(power)
                            .reinterpretAsFloats();
                    s3 = q3.fma(FloatVector.broadcast(Lanes.FLOATS, x[c + 3]), s3);
                    FloatVector q4 = v.lanewise(VectorOperators.LSHL, 15)
                            .and(mask)
                            .or(power)
                            .reinterpretAsFloats();
                    s0 = q4.fma(FloatVector.broadcast(Lanes.FLOATS, x[c + 4]), s0);
                    FloatVector q5 = v.lanewise(VectorOperators.LSHL, 7)
                            .and(mask)
                            .or(power)
                            .reinterpretAsFloats();
                    s1 = q5.fma(FloatVector.broadcast(Lanes.FLOATS, x[c + 5]), s1);
                    FloatVector q6 = v.lanewise(VectorOperators.LSHR, 1)
                            .and(mask)
                            .or(power)
                            .reinterpretAsFloats();
                    s2 = q6.fma(FloatVector.broadcast(Lanes.FLOATS, x[c + 6]), s2);
                    FloatVector q7 = v.lanewise(VectorOperators.LSHR, 9)
                            .and(mask)
                            .or(power)
                            .reinterpretAsFloats();
                    s3 = q7.fma(FloatVector.broadcast(Lanes.FLOATS, x[c + 7]), s3);
                }
                FloatVector sum = s0.add(s1).add(s2.add(s3));
                total = sum.fma(FloatVector.fromArray(Lanes.FLOATS, scales, 32 * n + lane), total);
                FloatVector b = FloatVector.fromArray(Lanes.FLOATS, scales, 32 * n + 16 + lane);
                total = b.fma(FloatVector.broadcast(Lanes.FLOATS, sums[n]), total);
                n++;
                group += groupBytes;
            }
        }
        total.intoArray(y, lane);
    }

    private static void five(
            MemorySegment w,
            long words,
            int units,
            int unitBytes,
            int groups,
            int groupBytes,
            float[] x,
            int xAt,
            float[] scales,
            float[] sums,
            int lane,
            float[] y) {
        IntVector mask = IntVector.broadcast(Lanes.INTS, 0x3c0000);
        IntVector top = IntVector.broadcast(Lanes.INTS, 0x400000);
        IntVector power = IntVector.broadcast(Lanes.INTS, 0x42000000);
        FloatVector total = FloatVector.zero(Lanes.FLOATS);
        int n = 0;
        for (int u = 0; u < units; u++) {
            long group = words + (long) unitBytes * u;
            for (int g = 0; g < groups; g++) {
                FloatVector s0 = FloatVector.zero(Lanes.FLOATS);
                FloatVector s1 = s0;
                FloatVector s2 = s0;
                FloatVector s3 = s0;
                IntVector h = IntVector.fromMemorySegment(Lanes.INTS, w, group + 256, Lanes.ORDER);
                for (int j = 0; j < 4; j++) {
                    IntVector v = IntVector.fromMemorySegment(Lanes.INTS, w, group + 64L * j, Lanes.ORDER);
                    int c = xAt + 32 * n + 8 * j;
                    IntVector h0 = h.lanewise(VectorOperators.LSHL, 22).and(top).or(power);
                    FloatVector q0 = v.lanewise(VectorOperators.LSHL, 18)
                            .and(mask)
                            .or(h0)
                            .reinterpretAsFloats();
                    s0 = q0.fma(FloatVector.broadcast(Lanes.FLOATS, x[c]), s0);
                    IntVector h1 = h.lanewise(VectorOperators.LSHL, 14).and(top).or(power);
                    FloatVector q1 = v.lanewise(VectorOperators.LSHL, 10)
                            .and(mask)
                            .or(h1)
                            .reinterpretAsFloats();
                    s1 = q1.fma(FloatVector.broadcast(Lanes.FLOATS, x[c + 1]), s1);
                    IntVector h2 = h.lanewise(VectorOperators.LSHL, 6).and(top).or(power);
                    FloatVector q2 =
                            v.lanewise(VectorOperators.LSHL, 2).and(mask).or(h2).reinterpretAsFloats();
                    s2 = q2.fma(FloatVector.broadcast(Lanes.FLOATS, x[c + 2]), s2);
                    IntVector h3 = h.lanewise(VectorOperators.LSHR, 2).and(top).or(power);
                    FloatVector q3 =
                            v.lanewise(VectorOperators.LSHR, 6).and(mask).or(h3).reinterpretAsFloats();
                    s3 = q3.fma(FloatVector.broadcast(Lanes.FLOATS, x[c + 3]), s3);
                    IntVector h4 = h.lanewise(VectorOperators.LSHL, 21).and(top).or(power);
                    FloatVector q4 = v.lanewise(VectorOperators.LSHL, 14)
                            .and(mask)
                            .or(h4)
                            .reinterpretAsFloats();
                    s0 = q4.fma(FloatVector.broadcast(Lanes.FLOATS, x[c + 4]), s0);
                    IntVector h5 = h.lanewise(VectorOperators.LSHL, 13).and(top).or(power);
                    FloatVector q5 =
                            v.lanewise(VectorOperators.LSHL, 6).and(mask).or(h5).reinterpretAsFloats();
                    s1 = q5.fma(FloatVector.broadcast(Lanes.FLOATS, x[c + 5]), s1);
                    IntVector h6 = h.lanewise(VectorOperators.LSHL, 5).and(top).or(power);
                    FloatVector q6 =
                            v.lanewise(VectorOperators.LSHR, 2).and(mask).or(h6).reinterpretAsFloats();
                    s2 = q6.fma(FloatVector.broadcast(Lanes.FLOATS, x[c + 6]), s2);
                    IntVector h7 = h.lanewise(VectorOperators.LSHR, 3).and(top).or(power);
                    FloatVector q7 = v.lanewise(VectorOperators.LSHR, 10)
                            .and(mask)
                            .or(h7)
                            .reinterpretAsFloats();
                    s3 = q7.fma(FloatVector.broadcast(Lanes.FLOATS, x[c + 7]), s3);
                    h = h.lanewise(VectorOperators.LSHR, 2);
                }
                FloatVector sum = s0.add(s1).add(s2.add(s3));
                total = sum.fma(FloatVector.fromArray(Lanes.FLOATS, scales, 32 * n + lane), total);
                FloatVector b = FloatVector.fromArray(Lanes.FLOATS, scales, 32 * n + 16 + lane);
                total = b.fma(FloatVector.broadcast(Lanes.FLOATS, sums[n]), total);
                n++;
                group += groupBytes;
            }
        }
        total.intoArray(y, lane);
    }

    private static void six(
            MemorySegment w,
            long words,
            int units,
            float[] x,
            int xAt,
            float[] scales,
            float[] sums,
            int lane,
            float[] y) {
        IntVector mask = IntVector.broadcast(Lanes.INTS, 0x1e0000);
        IntVector top = IntVector.broadcast(Lanes.INTS, 0x600000);
        IntVector power = IntVector.broadcast(Lanes.INTS, 0x42800000);
        FloatVector total = FloatVector.zero(Lanes.FLOATS);
        int n = 0;
        for (int u = 0; u < units; u++) {
            for (int g = 0; g < 16; g++) {
                long group = words + 3360L * u + 416L * (g / 2) + 128L * (g % 2);
                long high = words + 3360L * u + 416L * (g / 2) + 256 + 64L * (g % 2);
                FloatVector s0 = FloatVector.zero(Lanes.FLOATS);
                FloatVector s1 = s0;
                FloatVector s2 = s0;
                FloatVector s3 = s0;
                IntVector h = IntVector.fromMemorySegment(Lanes.INTS, w, high, Lanes.ORDER);
                for (int j = 0; j < 2; j++) {
                    IntVector v = IntVector.fromMemorySegment(Lanes.INTS, w, group + 64L * j, Lanes.ORDER);
                    int c = xAt + 16 * n + 8 * j;
                    IntVector h0 = h.lanewise(VectorOperators.LSHL, 21).and(top).or(power);
                    FloatVector q0 = v.lanewise(VectorOperators.LSHL, 17)
                            .and(mask)
                            .or(h0)
                            .reinterpretAsFloats();
                    s0 = q0.fma(FloatVector.broadcast(Lanes.FLOATS, x[c]), s0);
                    IntVector h1 = h.lanewise(VectorOperators.LSHL, 13).and(top).or(power);
                    FloatVector q1 =
                            v.lanewise(VectorOperators.LSHL, 9).and(mask).or(h1).reinterpretAsFloats();
                    s1 = q1.fma(FloatVector.broadcast(Lanes.FLOATS, x[c + 1]), s1);
                    IntVector h2 = h.lanewise(VectorOperators.LSHL, 5).and(top).or(power);
                    FloatVector q2 =
                            v.lanewise(VectorOperators.LSHL, 1).and(mask).or(h2).reinterpretAsFloats();
                    s2 = q2.fma(FloatVector.broadcast(Lanes.FLOATS, x[c + 2]), s2);
                    IntVector h3 = h.lanewise(VectorOperators.LSHR, 3).and(top).or(power);
                    FloatVector q3 =
                            v.lanewise(VectorOperators.LSHR, 7).and(mask).or(h3).reinterpretAsFloats();
                    s3 = q3.fma(FloatVector.broadcast(Lanes.FLOATS, x[c + 3]), s3);
                    IntVector h4 = h.lanewise(VectorOperators.LSHL, 19).and(top).or(power);
                    FloatVector q4 = v.lanewise(VectorOperators.LSHL, 13)
                            .and(mask)
                            .or(h4)
                            .reinterpretAsFloats();
                    s0 = q4.fma(FloatVector.broadcast(Lanes.FLOATS, x[c + 4]), s0);
                    IntVector h5 = h.lanewise(VectorOperators.LSHL, 11).and(top).or(power);
                    FloatVector q5 =
                            v.lanewise(VectorOperators.LSHL, 5).and(mask).or(h5).reinterpretAsFloats();
                    s1 = q5.fma(FloatVector.broadcast(Lanes.FLOATS, x[c + 5]), s1);
                    IntVector h6 = h.lanewise(VectorOperators.LSHL, 3).and(top).or(power);
                    FloatVector q6 =
                            v.lanewise(VectorOperators.LSHR, 3).and(mask).or(h6).reinterpretAsFloats();
                    s2 = q6.fma(FloatVector.broadcast(Lanes.FLOATS, x[c + 6]), s2);
                    IntVector h7 = h.lanewise(VectorOperators.LSHR, 5).and(top).or(power);
                    FloatVector q7 = v.lanewise(VectorOperators.LSHR, 11)
                            .and(mask)
                            .or(h7)
                            .reinterpretAsFloats();
                    s3 = q7.fma(FloatVector.broadcast(Lanes.FLOATS, x[c + 7]), s3);
                    h = h.lanewise(VectorOperators.LSHR, 4);
                }
                FloatVector sum = s0.add(s1).add(s2.add(s3));
                total = sum.fma(FloatVector.fromArray(Lanes.FLOATS, scales, 32 * n + lane), total);
                FloatVector b = FloatVector.fromArray(Lanes.FLOATS, scales, 32 * n + 16 + lane);
                total = b.fma(FloatVector.broadcast(Lanes.FLOATS, sums[n]), total);
                n++;
            }
        }
        total.intoArray(y, lane);
    }

    private static void eight(
            MemorySegment w, long words, int units, float[] x, int xAt, float[] scales, int lane, float[] y) {
        FloatVector total = FloatVector.zero(Lanes.FLOATS);
        for (int u = 0; u < units; u++) {
            FloatVector s0 = FloatVector.zero(Lanes.FLOATS);
            FloatVector s1 = s0;
            FloatVector s2 = s0;
            FloatVector s3 = s0;
            for (int j = 0; j < 8; j++) {
                IntVector v = IntVector.fromMemorySegment(Lanes.INTS, w, words + 544L * u + 64L * j, Lanes.ORDER);
                int c = xAt + 32 * u + 4 * j;
                FloatVector q0 = (FloatVector) v.lanewise(VectorOperators.LSHL, 24)
                        .lanewise(VectorOperators.ASHR, 24)
                        .convert(VectorOperators.I2F, 0);
                s0 = q0.fma(FloatVector.broadcast(Lanes.FLOATS, x[c]), s0);
                FloatVector q1 = (FloatVector) v.lanewise(VectorOperators.LSHL, 16)
                        .lanewise(VectorOperators.ASHR, 24)
                        .convert(VectorOperators.I2F, 0);
                s1 = q1.fma(FloatVector.broadcast(Lanes.FLOATS, x[c + 1]), s1);
                FloatVector q2 = (FloatVector) v.lanewise(VectorOperators.LSHL, 8)
                        .lanewise(VectorOperators.ASHR, 24)
                        .convert(VectorOperators.I2F, 0);
                s2 = q2.fma(FloatVector.broadcast(Lanes.FLOATS, x[c + 2]), s2);
                FloatVector q3 =
                        (FloatVector) v.lanewise(VectorOperators.ASHR, 24).convert(VectorOperators.I2F, 0);
                s3 = q3.fma(FloatVector.broadcast(Lanes.FLOATS, x[c + 3]), s3);
            }
            FloatVector sum = s0.add(s1).add(s2.add(s3));
            total = sum.fma(FloatVector.fromArray(Lanes.FLOATS, scales, 32 * u + lane), total);
        }
        total.intoArray(y, lane);
    }
}
