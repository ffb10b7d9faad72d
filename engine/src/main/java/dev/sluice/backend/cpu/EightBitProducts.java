package dev.sluice.backend.cpu;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/** Products of a tile of Q8_0 with one vector; {@link TileProducts} says how, and what x is. */
final class EightBitProducts {
    private static final int[] MASKS = {0xff << 24, 0x8fffe000};

    private EightBitProducts() {}

    /** A byte is moved to the top of its lane, which gives it its sign, times 2²⁴. */
    static void blocks(MemorySegment w, long at, int lane, int units, float[] x, float[] y) {
        IntVector top = IntVector.broadcast(Lanes.INTS, MASKS[0]);
        IntVector half = IntVector.broadcast(Lanes.INTS, MASKS[1]);
        FloatVector total = FloatVector.zero(Lanes.FLOATS);
        int c = 0;
        for (int u = 0; u < units; u++) {
            long unit = at + 544L * u;
            FloatVector s0 = FloatVector.zero(Lanes.FLOATS);
            FloatVector s1 = s0;
            FloatVector s2 = s0;
            FloatVector s3 = s0;
            long word = unit + 32 + 4L * lane;
            long end = word + 512;
            do {
                IntVector v = IntVector.fromMemorySegment(Lanes.INTS, w, word, Lanes.ORDER);
                FloatVector q0 =
                        (FloatVector) v.lanewise(VectorOperators.LSHL, 24).convert(VectorOperators.I2F, 0);
                s0 = q0.fma(FloatVector.broadcast(Lanes.FLOATS, x[c]), s0);
                FloatVector q1 = (FloatVector)
                        v.lanewise(VectorOperators.LSHL, 16).and(top).convert(VectorOperators.I2F, 0);
                s1 = q1.fma(FloatVector.broadcast(Lanes.FLOATS, x[c + 1]), s1);
                FloatVector q2 = (FloatVector)
                        v.lanewise(VectorOperators.LSHL, 8).and(top).convert(VectorOperators.I2F, 0);
                s2 = q2.fma(FloatVector.broadcast(Lanes.FLOATS, x[c + 2]), s2);
                FloatVector q3 = (FloatVector) v.and(top).convert(VectorOperators.I2F, 0);
                s3 = q3.fma(FloatVector.broadcast(Lanes.FLOATS, x[c + 3]), s3);
                c += 4;
                word += 64;
            } while (word != end);
            FloatVector d = ((IntVector) ShortVector.fromMemorySegment(Lanes.SHORTS, w, unit + 2L * lane, Lanes.ORDER)
                            .convertShape(VectorOperators.S2I, Lanes.INTS, 0))
                    .lanewise(VectorOperators.LSHL, 13)
                    .and(half)
                    .reinterpretAsFloats()
                    .mul(TileScales.TWO_112);
            total = d.fma(s0.add(s1).add(s2.add(s3)), total);
        }
        total.intoArray(y, lane);
    }
}
