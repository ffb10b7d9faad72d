package dev.sluice.backend.cpu;

import dev.sluice.tensor.DType;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** Expands tiles to panels of floats, [column][16 rows], for products with many tokens. */
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
        IntVector mask = IntVector.broadcast(Lanes.INTS, 0xf);
        int n = 0;
        for (int u = 0; u < units; u++) {
            long group = words + (long) unitBytes * u;
            for (int g = 0; g < groups; g++) {
                FloatVector a = FloatVector.fromArray(Lanes.FLOATS, scales, 32 * n + lane);
                FloatVector b = FloatVector.fromArray(Lanes.FLOATS, scales, 32 * n + 16 + lane);
                for (int j = 0; j < 4; j++) {
                    IntVector v = IntVector.fromMemorySegment(Lanes.INTS, w, group + 64L * j, Lanes.ORDER);
                    long to = panelAt + 2048L * n + 512L * j;
                    FloatVector q0 = (FloatVector) v.and(mask).convert(VectorOperators.I2F, 0);
                    q0.fma(a, b).intoMemorySegment(panel, to, Lanes.ORDER);
                    FloatVector q1 = (FloatVector)
                            v.lanewise(VectorOperators.LSHR, 8).and(mask).convert(VectorOperators.I2F, 0);
                    q1.fma(a, b).intoMemorySegment(panel, to + 64, Lanes.ORDER);
                    FloatVector q2 = (FloatVector)
                            v.lanewise(VectorOperators.LSHR, 16).and(mask).convert(VectorOperators.I2F, 0);
                    q2.fma(a, b).intoMemorySegment(panel, to + 128, Lanes.ORDER);
                    FloatVector q3 = (FloatVector)
                            v.lanewise(VectorOperators.LSHR, 24).and(mask).convert(VectorOperators.I2F, 0);
                    q3.fma(a, b).intoMemorySegment(panel, to + 192, Lanes.ORDER);
                    FloatVector q4 = (FloatVector)
                            v.lanewise(VectorOperators.LSHR, 4).and(mask).convert(VectorOperators.I2F, 0);
                    q4.fma(a, b).intoMemorySegment(panel, to + 256, Lanes.ORDER);
                    FloatVector q5 = (FloatVector)
                            v.lanewise(VectorOperators.LSHR, 12).and(mask).convert(VectorOperators.I2F, 0);
                    q5.fma(a, b).intoMemorySegment(panel, to + 320, Lanes.ORDER);
                    FloatVector q6 = (FloatVector)
                            v.lanewise(VectorOperators.LSHR, 20).and(mask).convert(VectorOperators.I2F, 0);
                    q6.fma(a, b).intoMemorySegment(panel, to + 384, Lanes.ORDER);
                    FloatVector q7 =
                            (FloatVector) v.lanewise(VectorOperators.LSHR, 28).convert(VectorOperators.I2F, 0);
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
        IntVector mask = IntVector.broadcast(Lanes.INTS, 0xf);
        IntVector top = IntVector.broadcast(Lanes.INTS, 0x10);
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
                    IntVector h0 = h.lanewise(VectorOperators.LSHL, 4).and(top);
                    FloatVector q0 = (FloatVector) v.and(mask).or(h0).convert(VectorOperators.I2F, 0);
                    q0.fma(a, b).intoMemorySegment(panel, to, Lanes.ORDER);
                    IntVector h1 = h.lanewise(VectorOperators.LSHR, 4).and(top);
                    FloatVector q1 = (FloatVector)
                            v.lanewise(VectorOperators.LSHR, 8).and(mask).or(h1).convert(VectorOperators.I2F, 0);
                    q1.fma(a, b).intoMemorySegment(panel, to + 64, Lanes.ORDER);
                    IntVector h2 = h.lanewise(VectorOperators.LSHR, 12).and(top);
                    FloatVector q2 = (FloatVector) v.lanewise(VectorOperators.LSHR, 16)
                            .and(mask)
                            .or(h2)
                            .convert(VectorOperators.I2F, 0);
                    q2.fma(a, b).intoMemorySegment(panel, to + 128, Lanes.ORDER);
                    IntVector h3 = h.lanewise(VectorOperators.LSHR, 20).and(top);
                    FloatVector q3 = (FloatVector) v.lanewise(VectorOperators.LSHR, 24)
                            .and(mask)
                            .or(h3)
                            .convert(VectorOperators.I2F, 0);
                    q3.fma(a, b).intoMemorySegment(panel, to + 192, Lanes.ORDER);
                    IntVector h4 = h.lanewise(VectorOperators.LSHL, 3).and(top);
                    FloatVector q4 = (FloatVector)
                            v.lanewise(VectorOperators.LSHR, 4).and(mask).or(h4).convert(VectorOperators.I2F, 0);
                    q4.fma(a, b).intoMemorySegment(panel, to + 256, Lanes.ORDER);
                    IntVector h5 = h.lanewise(VectorOperators.LSHR, 5).and(top);
                    FloatVector q5 = (FloatVector) v.lanewise(VectorOperators.LSHR, 12)
                            .and(mask)
                            .or(h5)
                            .convert(VectorOperators.I2F, 0);
                    q5.fma(a, b).intoMemorySegment(panel, to + 320, Lanes.ORDER);
                    IntVector h6 = h.lanewise(VectorOperators.LSHR, 13).and(top);
                    FloatVector q6 = (FloatVector) v.lanewise(VectorOperators.LSHR, 20)
                            .and(mask)
                            .or(h6)
                            .convert(VectorOperators.I2F, 0);
                    q6.fma(a, b).intoMemorySegment(panel, to + 384, Lanes.ORDER);
                    IntVector h7 = h.lanewise(VectorOperators.LSHR, 21).and(top);
                    FloatVector q7 = (FloatVector)
                            v.lanewise(VectorOperators.LSHR, 28).or(h7).convert(VectorOperators.I2F, 0);
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
        IntVector mask = IntVector.broadcast(Lanes.INTS, 0xf);
        IntVector top = IntVector.broadcast(Lanes.INTS, 0x30);
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
                    IntVector h0 = h.lanewise(VectorOperators.LSHL, 4).and(top);
                    FloatVector q0 = (FloatVector) v.and(mask).or(h0).convert(VectorOperators.I2F, 0);
                    q0.fma(a, b).intoMemorySegment(panel, to, Lanes.ORDER);
                    IntVector h1 = h.lanewise(VectorOperators.LSHR, 4).and(top);
                    FloatVector q1 = (FloatVector)
                            v.lanewise(VectorOperators.LSHR, 8).and(mask).or(h1).convert(VectorOperators.I2F, 0);
                    q1.fma(a, b).intoMemorySegment(panel, to + 64, Lanes.ORDER);
                    IntVector h2 = h.lanewise(VectorOperators.LSHR, 12).and(top);
                    FloatVector q2 = (FloatVector) v.lanewise(VectorOperators.LSHR, 16)
                            .and(mask)
                            .or(h2)
                            .convert(VectorOperators.I2F, 0);
                    q2.fma(a, b).intoMemorySegment(panel, to + 128, Lanes.ORDER);
                    IntVector h3 = h.lanewise(VectorOperators.LSHR, 20).and(top);
                    FloatVector q3 = (FloatVector) v.lanewise(VectorOperators.LSHR, 24)
                            .and(mask)
                            .or(h3)
                            .convert(VectorOperators.I2F, 0);
                    q3.fma(a, b).intoMemorySegment(panel, to + 192, Lanes.ORDER);
                    IntVector h4 = h.lanewise(VectorOperators.LSHL, 2).and(top);
                    FloatVector q4 = (FloatVector)
                            v.lanewise(VectorOperators.LSHR, 4).and(mask).or(h4).convert(VectorOperators.I2F, 0);
                    q4.fma(a, b).intoMemorySegment(panel, to + 256, Lanes.ORDER);
                    IntVector h5 = h.lanewise(VectorOperators.LSHR, 6).and(top);
                    FloatVector q5 = (FloatVector) v.lanewise(VectorOperators.LSHR, 12)
                            .and(mask)
                            .or(h5)
                            .convert(VectorOperators.I2F, 0);
                    q5.fma(a, b).intoMemorySegment(panel, to + 320, Lanes.ORDER);
                    IntVector h6 = h.lanewise(VectorOperators.LSHR, 14).and(top);
                    FloatVector q6 = (FloatVector) v.lanewise(VectorOperators.LSHR, 20)
                            .and(mask)
                            .or(h6)
                            .convert(VectorOperators.I2F, 0);
                    q6.fma(a, b).intoMemorySegment(panel, to + 384, Lanes.ORDER);
                    IntVector h7 = h.lanewise(VectorOperators.LSHR, 22).and(top);
                    FloatVector q7 = (FloatVector)
                            v.lanewise(VectorOperators.LSHR, 28).or(h7).convert(VectorOperators.I2F, 0);
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
