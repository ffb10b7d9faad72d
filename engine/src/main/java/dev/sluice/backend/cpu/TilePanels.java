package dev.sluice.backend.cpu;

import dev.sluice.tensor.DType;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Expands tiles to panels of floats, [column][16 rows], for products with many tokens. The counterpart of {@link
 * TileProducts}, by the same placing of quants in mantissas, with the scales of {@link TileScales}.
 */
final class TilePanels {
    private TilePanels() {}

    /**
     * Expands units of a tile of a format with scales.
     *
     * @param scales as {@link TileScales#expand} wrote them
     * @param panelAt byte offset of the panel's first column
     */
    static void expand(
            DType type, MemorySegment w, long at, int units, float[] scales, MemorySegment panel, long panelAt) {
        for (int lane = 0; lane < 16; lane += Lanes.COUNT) {
            long words = at + 4L * lane;
            long to = panelAt + 4L * lane;
            switch (type) {
                case Q8_0 -> eight(w, words + 32, units, scales, lane, panel, to);
                case Q4_0 -> four(w, words + 32, units, 288, 1, 0, scales, lane, panel, to);
                case Q4_1 -> four(w, words + 64, units, 320, 1, 0, scales, lane, panel, to);
                case Q4_K -> four(w, words + 96, units, 2368, 8, 288, scales, lane, panel, to);
                case Q5_0 -> five(w, words + 32, units, 352, 1, 0, scales, lane, panel, to);
                case Q5_1 -> five(w, words + 64, units, 384, 1, 0, scales, lane, panel, to);
                case Q5_K -> five(w, words + 96, units, 2880, 8, 352, scales, lane, panel, to);
                case Q6_K -> six(w, words + 64, units, scales, lane, panel, to);
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
            float[] scales,
            int lane,
            MemorySegment panel,
            long panelAt) {
        IntVector mask = IntVector.broadcast(Lanes.INTS, 0x780000);
        IntVector power = IntVector.broadcast(Lanes.INTS, 0x41800000);
        int n = 0;
        for (int u = 0; u < units; u++) {
            long group = words + (long) unitBytes * u;
            for (int g = 0; g < groups; g++) {
                FloatVector a = FloatVector.fromArray(Lanes.FLOATS, scales, 32 * n + lane);
                FloatVector b = FloatVector.fromArray(Lanes.FLOATS, scales, 32 * n + 16 + lane);
                for (int j = 0; j < 4; j++) {
                    IntVector v = IntVector.fromMemorySegment(Lanes.INTS, w, group + 64L * j, Lanes.ORDER);
                    long to = panelAt + 2048L * n + 512L * j;
                    FloatVector q0 = v.lanewise(VectorOperators.LSHL, 19)
                            .and(mask)
                            .or(power)
                            .reinterpretAsFloats();
                    q0.fma(a, b).intoMemorySegment(panel, to, Lanes.ORDER);
                    FloatVector q1 = v.lanewise(VectorOperators.LSHL, 11)
                            .and(mask)
                            .or(power)
                            .reinterpretAsFloats();
                    q1.fma(a, b).intoMemorySegment(panel, to + 64, Lanes.ORDER);
                    FloatVector q2 = v.lanewise(VectorOperators.LSHL, 3)
                            .and(mask)
                            .or(power)
                            .reinterpretAsFloats();
                    q2.fma(a, b).intoMemorySegment(panel, to + 128, Lanes.ORDER);
                    FloatVector q3 = v.lanewise(VectorOperators.LSHR, 5)
                            .and(mask)
                            .or(power)
                            .reinterpretAsFloats();
                    q3.fma(a, b).intoMemorySegment(panel, to + 192, Lanes.ORDER);
                    FloatVector q4 = v.lanewise(VectorOperators.LSHL, 15)
                            .and(mask)
                            .or(power)
                            .reinterpretAsFloats();
                    q4.fma(a, b).intoMemorySegment(panel, to + 256, Lanes.ORDER);
                    FloatVector q5 = v.lanewise(VectorOperators.LSHL, 7)
                            .and(mask)
                            .or(power)
                            .reinterpretAsFloats();
                    q5.fma(a, b).intoMemorySegment(panel, to + 320, Lanes.ORDER);
                    FloatVector q6 = v.lanewise(VectorOperators.LSHR, 1)
                            .and(mask)
                            .or(power)
                            .reinterpretAsFloats();
                    q6.fma(a, b).intoMemorySegment(panel, to + 384, Lanes.ORDER);
                    FloatVector q7 = v.lanewise(VectorOperators.LSHR, 9)
                            .and(mask)
                            .or(power)
                            .reinterpretAsFloats();
                    q7.fma(a, b).intoMemorySegment(panel, to + 448, Lanes.ORDER);
                }
                n++;
                group += groupBytes;
            }
        }
    }

    private static void five(
            MemorySegment w,
            long words,
            int units,
            int unitBytes,
            int groups,
            int groupBytes,
            float[] scales,
            int lane,
            MemorySegment panel,
            long panelAt) {
        IntVector mask = IntVector.broadcast(Lanes.INTS, 0x3c0000);
        IntVector top = IntVector.broadcast(Lanes.INTS, 0x400000);
        IntVector power = IntVector.broadcast(Lanes.INTS, 0x42000000);
        int n = 0;
        for (int u = 0; u < units; u++) {
            long group = words + (long) unitBytes * u;
            for (int g = 0; g < groups; g++) {
                FloatVector a = FloatVector.fromArray(Lanes.FLOATS, scales, 32 * n + lane);
                FloatVector b = FloatVector.fromArray(Lanes.FLOATS, scales, 32 * n + 16 + lane);
                IntVector h = IntVector.fromMemorySegment(Lanes.INTS, w, group + 256, Lanes.ORDER);
                for (int j = 0; j < 4; j++) {
                    IntVector v = IntVector.fromMemorySegment(Lanes.INTS, w, group + 64L * j, Lanes.ORDER);
                    long to = panelAt + 2048L * n + 512L * j;
                    IntVector h0 = h.lanewise(VectorOperators.LSHL, 22).and(top).or(power);
                    FloatVector q0 = v.lanewise(VectorOperators.LSHL, 18)
                            .and(mask)
                            .or(h0)
                            .reinterpretAsFloats();
                    q0.fma(a, b).intoMemorySegment(panel, to, Lanes.ORDER);
                    IntVector h1 = h.lanewise(VectorOperators.LSHL, 14).and(top).or(power);
                    FloatVector q1 = v.lanewise(VectorOperators.LSHL, 10)
                            .and(mask)
                            .or(h1)
                            .reinterpretAsFloats();
                    q1.fma(a, b).intoMemorySegment(panel, to + 64, Lanes.ORDER);
                    IntVector h2 = h.lanewise(VectorOperators.LSHL, 6).and(top).or(power);
                    FloatVector q2 =
                            v.lanewise(VectorOperators.LSHL, 2).and(mask).or(h2).reinterpretAsFloats();
                    q2.fma(a, b).intoMemorySegment(panel, to + 128, Lanes.ORDER);
                    IntVector h3 = h.lanewise(VectorOperators.LSHR, 2).and(top).or(power);
                    FloatVector q3 =
                            v.lanewise(VectorOperators.LSHR, 6).and(mask).or(h3).reinterpretAsFloats();
                    q3.fma(a, b).intoMemorySegment(panel, to + 192, Lanes.ORDER);
                    IntVector h4 = h.lanewise(VectorOperators.LSHL, 21).and(top).or(power);
                    FloatVector q4 = v.lanewise(VectorOperators.LSHL, 14)
                            .and(mask)
                            .or(h4)
                            .reinterpretAsFloats();
                    q4.fma(a, b).intoMemorySegment(panel, to + 256, Lanes.ORDER);
                    IntVector h5 = h.lanewise(VectorOperators.LSHL, 13).and(top).or(power);
                    FloatVector q5 =
                            v.lanewise(VectorOperators.LSHL, 6).and(mask).or(h5).reinterpretAsFloats();
                    q5.fma(a, b).intoMemorySegment(panel, to + 320, Lanes.ORDER);
                    IntVector h6 = h.lanewise(VectorOperators.LSHL, 5).and(top).or(power);
                    FloatVector q6 =
                            v.lanewise(VectorOperators.LSHR, 2).and(mask).or(h6).reinterpretAsFloats();
                    q6.fma(a, b).intoMemorySegment(panel, to + 384, Lanes.ORDER);
                    IntVector h7 = h.lanewise(VectorOperators.LSHR, 3).and(top).or(power);
                    FloatVector q7 = v.lanewise(VectorOperators.LSHR, 10)
                            .and(mask)
                            .or(h7)
                            .reinterpretAsFloats();
                    q7.fma(a, b).intoMemorySegment(panel, to + 448, Lanes.ORDER);
                    h = h.lanewise(VectorOperators.LSHR, 2);
                }
                n++;
                group += groupBytes;
            }
        }
    }

    private static void six(
            MemorySegment w, long words, int units, float[] scales, int lane, MemorySegment panel, long panelAt) {
        IntVector mask = IntVector.broadcast(Lanes.INTS, 0x1e0000);
        IntVector top = IntVector.broadcast(Lanes.INTS, 0x600000);
        IntVector power = IntVector.broadcast(Lanes.INTS, 0x42800000);
        int n = 0;
        for (int u = 0; u < units; u++) {
            for (int g = 0; g < 16; g++) {
                long group = words + 3360L * u + 416L * (g / 2) + 128L * (g % 2);
                long high = words + 3360L * u + 416L * (g / 2) + 256 + 64L * (g % 2);
                FloatVector a = FloatVector.fromArray(Lanes.FLOATS, scales, 32 * n + lane);
                FloatVector b = FloatVector.fromArray(Lanes.FLOATS, scales, 32 * n + 16 + lane);
                IntVector h = IntVector.fromMemorySegment(Lanes.INTS, w, high, Lanes.ORDER);
                for (int j = 0; j < 2; j++) {
                    IntVector v = IntVector.fromMemorySegment(Lanes.INTS, w, group + 64L * j, Lanes.ORDER);
                    long to = panelAt + 1024L * n + 512L * j;
                    IntVector h0 = h.lanewise(VectorOperators.LSHL, 21).and(top).or(power);
                    FloatVector q0 = v.lanewise(VectorOperators.LSHL, 17)
                            .and(mask)
                            .or(h0)
                            .reinterpretAsFloats();
                    q0.fma(a, b).intoMemorySegment(panel, to, Lanes.ORDER);
                    IntVector h1 = h.lanewise(VectorOperators.LSHL, 13).and(top).or(power);
                    FloatVector q1 =
                            v.lanewise(VectorOperators.LSHL, 9).and(mask).or(h1).reinterpretAsFloats();
                    q1.fma(a, b).intoMemorySegment(panel, to + 64, Lanes.ORDER);
                    IntVector h2 = h.lanewise(VectorOperators.LSHL, 5).and(top).or(power);
                    FloatVector q2 =
                            v.lanewise(VectorOperators.LSHL, 1).and(mask).or(h2).reinterpretAsFloats();
                    q2.fma(a, b).intoMemorySegment(panel, to + 128, Lanes.ORDER);
                    IntVector h3 = h.lanewise(VectorOperators.LSHR, 3).and(top).or(power);
                    FloatVector q3 =
                            v.lanewise(VectorOperators.LSHR, 7).and(mask).or(h3).reinterpretAsFloats();
                    q3.fma(a, b).intoMemorySegment(panel, to + 192, Lanes.ORDER);
                    IntVector h4 = h.lanewise(VectorOperators.LSHL, 19).and(top).or(power);
                    FloatVector q4 = v.lanewise(VectorOperators.LSHL, 13)
                            .and(mask)
                            .or(h4)
                            .reinterpretAsFloats();
                    q4.fma(a, b).intoMemorySegment(panel, to + 256, Lanes.ORDER);
                    IntVector h5 = h.lanewise(VectorOperators.LSHL, 11).and(top).or(power);
                    FloatVector q5 =
                            v.lanewise(VectorOperators.LSHL, 5).and(mask).or(h5).reinterpretAsFloats();
                    q5.fma(a, b).intoMemorySegment(panel, to + 320, Lanes.ORDER);
                    IntVector h6 = h.lanewise(VectorOperators.LSHL, 3).and(top).or(power);
                    FloatVector q6 =
                            v.lanewise(VectorOperators.LSHR, 3).and(mask).or(h6).reinterpretAsFloats();
                    q6.fma(a, b).intoMemorySegment(panel, to + 384, Lanes.ORDER);
                    IntVector h7 = h.lanewise(VectorOperators.LSHR, 5).and(top).or(power);
                    FloatVector q7 = v.lanewise(VectorOperators.LSHR, 11)
                            .and(mask)
                            .or(h7)
                            .reinterpretAsFloats();
                    q7.fma(a, b).intoMemorySegment(panel, to + 448, Lanes.ORDER);
                    h = h.lanewise(VectorOperators.LSHR, 4);
                }
                n++;
            }
        }
    }

    private static void eight(
            MemorySegment w, long words, int units, float[] scales, int lane, MemorySegment panel, long panelAt) {
        for (int u = 0; u < units; u++) {
            FloatVector a = FloatVector.fromArray(Lanes.FLOATS, scales, 32 * u + lane);
            for (int j = 0; j < 8; j++) {
                IntVector v = IntVector.fromMemorySegment(Lanes.INTS, w, words + 544L * u + 64L * j, Lanes.ORDER);
                long to = panelAt + 2048L * u + 256L * j;
                for (int b = 0; b < 4; b++) {
                    FloatVector q = (FloatVector) v.lanewise(VectorOperators.LSHL, 24 - 8 * b)
                            .lanewise(VectorOperators.ASHR, 24)
                            .convert(VectorOperators.I2F, 0);
                    q.mul(a).intoMemorySegment(panel, to + 64L * b, Lanes.ORDER);
                }
            }
        }
    }
}
