package dev.sluice.backend.cpu;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/** Products of a tile of 4-bit quants with one vector; {@link TileProducts} says how, and what x and sums are. */
final class NibbleProducts {
    private static final int[] MASKS = {0xf, 0xf << 4, 0xf << 8, 0xf << 12, 0xf << 16, 0xf << 20, 0xf << 24, 0x8fffe000
    };

    private NibbleProducts() {}

    /**
     * Q4_0 and Q4_1.
     *
     * @param minimumAt where in a unit the 16 halves lie that, times {@code factor}, are added to each quant times d
     */
    static void blocks(
            MemorySegment w,
            long at,
            int lane,
            int units,
            int unitBytes,
            int minimumAt,
            float factor,
            float[] x,
            float[] sums,
            float[] y) {
        IntVector m0 = IntVector.broadcast(Lanes.INTS, MASKS[0]);
        IntVector m4 = IntVector.broadcast(Lanes.INTS, MASKS[1]);
        IntVector m8 = IntVector.broadcast(Lanes.INTS, MASKS[2]);
        IntVector m12 = IntVector.broadcast(Lanes.INTS, MASKS[3]);
        IntVector m16 = IntVector.broadcast(Lanes.INTS, MASKS[4]);
        IntVector m20 = IntVector.broadcast(Lanes.INTS, MASKS[5]);
        IntVector m24 = IntVector.broadcast(Lanes.INTS, MASKS[6]);
        IntVector half = IntVector.broadcast(Lanes.INTS, MASKS[7]);
        FloatVector total = FloatVector.zero(Lanes.FLOATS);
        int c = 0;
        for (int u = 0; u < units; u++) {
            long unit = at + (long) unitBytes * u;
            FloatVector s0 = FloatVector.zero(Lanes.FLOATS);
            FloatVector s1 = s0;
            FloatVector s2 = s0;
            FloatVector s3 = s0;
            long word = unit + 32 + minimumAt + 4L * lane;
            long end = word + 256;
            do {
                IntVector v = IntVector.fromMemorySegment(Lanes.INTS, w, word, Lanes.ORDER);
                FloatVector q0 = (FloatVector) v.and(m0).convert(VectorOperators.I2F, 0);
                s0 = q0.fma(FloatVector.broadcast(Lanes.FLOATS, x[c]), s0);
                FloatVector q1 = (FloatVector) v.and(m8).convert(VectorOperators.I2F, 0);
                s1 = q1.fma(FloatVector.broadcast(Lanes.FLOATS, x[c + 1]), s1);
                FloatVector q2 = (FloatVector) v.and(m16).convert(VectorOperators.I2F, 0);
                s2 = q2.fma(FloatVector.broadcast(Lanes.FLOATS, x[c + 2]), s2);
                FloatVector q3 = (FloatVector) v.and(m24).convert(VectorOperators.I2F, 0);
                s3 = q3.fma(FloatVector.broadcast(Lanes.FLOATS, x[c + 3]), s3);
                FloatVector q4 = (FloatVector) v.and(m4).convert(VectorOperators.I2F, 0);
                s0 = q4.fma(FloatVector.broadcast(Lanes.FLOATS, x[c + 4]), s0);
                FloatVector q5 = (FloatVector) v.and(m12).convert(VectorOperators.I2F, 0);
                s1 = q5.fma(FloatVector.broadcast(Lanes.FLOATS, x[c + 5]), s1);
                FloatVector q6 = (FloatVector) v.and(m20).convert(VectorOperators.I2F, 0);
                s2 = q6.fma(FloatVector.broadcast(Lanes.FLOATS, x[c + 6]), s2);
                FloatVector q7 =
                        (FloatVector) v.lanewise(VectorOperators.LSHR, 28).convert(VectorOperators.I2F, 0);
                s3 = q7.fma(FloatVector.broadcast(Lanes.FLOATS, x[c + 7]), s3);
                c += 8;
                word += 64;
            } while (word != end);
            FloatVector a = ((IntVector) ShortVector.fromMemorySegment(Lanes.SHORTS, w, unit + 2L * lane, Lanes.ORDER)
                            .convertShape(VectorOperators.S2I, Lanes.INTS, 0))
                    .lanewise(VectorOperators.LSHL, 13)
                    .and(half)
                    .reinterpretAsFloats()
                    .mul(TileScales.TWO_112);
            FloatVector b = ((IntVector)
                            ShortVector.fromMemorySegment(Lanes.SHORTS, w, unit + minimumAt + 2L * lane, Lanes.ORDER)
                                    .convertShape(VectorOperators.S2I, Lanes.INTS, 0))
                    .lanewise(VectorOperators.LSHL, 13)
                    .and(half)
                    .reinterpretAsFloats()
                    .mul(TileScales.TWO_112)
                    .mul(factor);
            FloatVector sum = FloatVector.broadcast(Lanes.FLOATS, sums[u]);
            total = b.fma(sum, a.fma(s0.add(s1).add(s2.add(s3)), total));
        }
        total.intoArray(y, lane);
    }

    /** Q4_K. */
    static void superBlocks(MemorySegment w, long at, int lane, int units, float[] x, float[] sums, float[] y) {
        IntVector m0 = IntVector.broadcast(Lanes.INTS, MASKS[0]);
        IntVector m4 = IntVector.broadcast(Lanes.INTS, MASKS[1]);
        IntVector m8 = IntVector.broadcast(Lanes.INTS, MASKS[2]);
        IntVector m12 = IntVector.broadcast(Lanes.INTS, MASKS[3]);
        IntVector m16 = IntVector.broadcast(Lanes.INTS, MASKS[4]);
        IntVector m20 = IntVector.broadcast(Lanes.INTS, MASKS[5]);
        IntVector m24 = IntVector.broadcast(Lanes.INTS, MASKS[6]);
        IntVector half = IntVector.broadcast(Lanes.INTS, MASKS[7]);
        FloatVector total = FloatVector.zero(Lanes.FLOATS);
        int c = 0;
        for (int u = 0; u < units; u++) {
            long unit = at + 2368L * u;
            FloatVector d = ((IntVector) ShortVector.fromMemorySegment(Lanes.SHORTS, w, unit + 2L * lane, Lanes.ORDER)
                            .convertShape(VectorOperators.S2I, Lanes.INTS, 0))
                    .lanewise(VectorOperators.LSHL, 13)
                    .and(half)
                    .reinterpretAsFloats()
                    .mul(TileScales.TWO_112);
            FloatVector dmin = ((IntVector)
                            ShortVector.fromMemorySegment(Lanes.SHORTS, w, unit + 32 + 2L * lane, Lanes.ORDER)
                                    .convertShape(VectorOperators.S2I, Lanes.INTS, 0))
                    .lanewise(VectorOperators.LSHL, 13)
                    .and(half)
                    .reinterpretAsFloats()
                    .mul(TileScales.TWO_112)
                    .neg();
            long group = unit + 64;
            long lastGroup = unit + 2368;
            do {
                FloatVector s0 = FloatVector.zero(Lanes.FLOATS);
                FloatVector s1 = s0;
                FloatVector s2 = s0;
                FloatVector s3 = s0;
                long word = group + 32 + 4L * lane;
                long end = word + 256;
                int n = c / 32;
                do {
                    IntVector v = IntVector.fromMemorySegment(Lanes.INTS, w, word, Lanes.ORDER);
                    FloatVector q0 = (FloatVector) v.and(m0).convert(VectorOperators.I2F, 0);
                    s0 = q0.fma(FloatVector.broadcast(Lanes.FLOATS, x[c]), s0);
                    FloatVector q1 = (FloatVector) v.and(m8).convert(VectorOperators.I2F, 0);
                    s1 = q1.fma(FloatVector.broadcast(Lanes.FLOATS, x[c + 1]), s1);
                    FloatVector q2 = (FloatVector) v.and(m16).convert(VectorOperators.I2F, 0);
                    s2 = q2.fma(FloatVector.broadcast(Lanes.FLOATS, x[c + 2]), s2);
                    FloatVector q3 = (FloatVector) v.and(m24).convert(VectorOperators.I2F, 0);
                    s3 = q3.fma(FloatVector.broadcast(Lanes.FLOATS, x[c + 3]), s3);
                    FloatVector q4 = (FloatVector) v.and(m4).convert(VectorOperators.I2F, 0);
                    s0 = q4.fma(FloatVector.broadcast(Lanes.FLOATS, x[c + 4]), s0);
                    FloatVector q5 = (FloatVector) v.and(m12).convert(VectorOperators.I2F, 0);
                    s1 = q5.fma(FloatVector.broadcast(Lanes.FLOATS, x[c + 5]), s1);
                    FloatVector q6 = (FloatVector) v.and(m20).convert(VectorOperators.I2F, 0);
                    s2 = q6.fma(FloatVector.broadcast(Lanes.FLOATS, x[c + 6]), s2);
                    FloatVector q7 =
                            (FloatVector) v.lanewise(VectorOperators.LSHR, 28).convert(VectorOperators.I2F, 0);
                    s3 = q7.fma(FloatVector.broadcast(Lanes.FLOATS, x[c + 7]), s3);
                    c += 8;
                    word += 64;
                } while (word != end);
                FloatVector a =
                        d.mul((FloatVector) ByteVector.fromMemorySegment(Lanes.BYTES, w, group + lane, Lanes.ORDER)
                                .convertShape(VectorOperators.B2F, Lanes.FLOATS, 0));
                FloatVector b = dmin.mul(
                        (FloatVector) ByteVector.fromMemorySegment(Lanes.BYTES, w, group + 16 + lane, Lanes.ORDER)
                                .convertShape(VectorOperators.B2F, Lanes.FLOATS, 0));
                FloatVector sum = FloatVector.broadcast(Lanes.FLOATS, sums[n]);
                total = b.fma(sum, a.fma(s0.add(s1).add(s2.add(s3)), total));
                group += 288;
            } while (group != lastGroup);
        }
        total.intoArray(y, lane);
    }
}
