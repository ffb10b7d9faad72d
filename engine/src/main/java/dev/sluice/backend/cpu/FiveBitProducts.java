package dev.sluice.backend.cpu;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/** Products of a tile of 5-bit quants with one vector; {@link TileProducts} says how, and what x and sums are. */
final class FiveBitProducts {
    private static final int[] MASKS = {0x0f0f0f0f, 0x10101010, 0xff, 0xff << 8, 0xff << 16, 0x8fffe000};

    private FiveBitProducts() {}

    /**
     * Q5_0 and Q5_1.
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
        IntVector nibbles = IntVector.broadcast(Lanes.INTS, MASKS[0]);
        IntVector upper = IntVector.broadcast(Lanes.INTS, MASKS[1]);
        IntVector m0 = IntVector.broadcast(Lanes.INTS, MASKS[2]);
        IntVector m8 = IntVector.broadcast(Lanes.INTS, MASKS[3]);
        IntVector m16 = IntVector.broadcast(Lanes.INTS, MASKS[4]);
        IntVector half = IntVector.broadcast(Lanes.INTS, MASKS[5]);
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
            IntVector h = IntVector.fromMemorySegment(Lanes.INTS, w, end, Lanes.ORDER);
            do {
                IntVector v = IntVector.fromMemorySegment(Lanes.INTS, w, word, Lanes.ORDER);
                IntVector even =
                        v.and(nibbles).or(h.lanewise(VectorOperators.LSHL, 4).and(upper));
                FloatVector q0 = (FloatVector) even.and(m0).convert(VectorOperators.I2F, 0);
                s0 = q0.fma(FloatVector.broadcast(Lanes.FLOATS, x[c]), s0);
                FloatVector q1 = (FloatVector) even.and(m8).convert(VectorOperators.I2F, 0);
                s1 = q1.fma(FloatVector.broadcast(Lanes.FLOATS, x[c + 1]), s1);
                FloatVector q2 = (FloatVector) even.and(m16).convert(VectorOperators.I2F, 0);
                s2 = q2.fma(FloatVector.broadcast(Lanes.FLOATS, x[c + 2]), s2);
                FloatVector q3 =
                        (FloatVector) even.lanewise(VectorOperators.LSHR, 24).convert(VectorOperators.I2F, 0);
                s3 = q3.fma(FloatVector.broadcast(Lanes.FLOATS, x[c + 3]), s3);
                IntVector odd = v.lanewise(VectorOperators.LSHR, 4)
                        .and(nibbles)
                        .or(h.lanewise(VectorOperators.LSHL, 3).and(upper));
                FloatVector q4 = (FloatVector) odd.and(m0).convert(VectorOperators.I2F, 0);
                s0 = q4.fma(FloatVector.broadcast(Lanes.FLOATS, x[c + 4]), s0);
                FloatVector q5 = (FloatVector) odd.and(m8).convert(VectorOperators.I2F, 0);
                s1 = q5.fma(FloatVector.broadcast(Lanes.FLOATS, x[c + 5]), s1);
                FloatVector q6 = (FloatVector) odd.and(m16).convert(VectorOperators.I2F, 0);
                s2 = q6.fma(FloatVector.broadcast(Lanes.FLOATS, x[c + 6]), s2);
                FloatVector q7 =
                        (FloatVector) odd.lanewise(VectorOperators.LSHR, 24).convert(VectorOperators.I2F, 0);
                s3 = q7.fma(FloatVector.broadcast(Lanes.FLOATS, x[c + 7]), s3);
                h = h.lanewise(VectorOperators.LSHR, 2);
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

    /** Q5_K. */
    static void superBlocks(MemorySegment w, long at, int lane, int units, float[] x, float[] sums, float[] y) {
        IntVector nibbles = IntVector.broadcast(Lanes.INTS, MASKS[0]);
        IntVector upper = IntVector.broadcast(Lanes.INTS, MASKS[1]);
        IntVector m0 = IntVector.broadcast(Lanes.INTS, MASKS[2]);
        IntVector m8 = IntVector.broadcast(Lanes.INTS, MASKS[3]);
        IntVector m16 = IntVector.broadcast(Lanes.INTS, MASKS[4]);
        IntVector half = IntVector.broadcast(Lanes.INTS, MASKS[5]);
        FloatVector total = FloatVector.zero(Lanes.FLOATS);
        int c = 0;
        for (int u = 0; u < units; u++) {
            long unit = at + 2880L * u;
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
            long lastGroup = unit + 2880;
            do {
                FloatVector s0 = FloatVector.zero(Lanes.FLOATS);
                FloatVector s1 = s0;
                FloatVector s2 = s0;
                FloatVector s3 = s0;
                long word = group + 32 + 4L * lane;
                long end = word + 256;
                int n = c / 32;
                IntVector h = IntVector.fromMemorySegment(Lanes.INTS, w, end, Lanes.ORDER);
                do {
                    IntVector v = IntVector.fromMemorySegment(Lanes.INTS, w, word, Lanes.ORDER);
                    IntVector even = v.and(nibbles)
                            .or(h.lanewise(VectorOperators.LSHL, 4).and(upper));
                    FloatVector q0 = (FloatVector) even.and(m0).convert(VectorOperators.I2F, 0);
                    s0 = q0.fma(FloatVector.broadcast(Lanes.FLOATS, x[c]), s0);
                    FloatVector q1 = (FloatVector) even.and(m8).convert(VectorOperators.I2F, 0);
                    s1 = q1.fma(FloatVector.broadcast(Lanes.FLOATS, x[c + 1]), s1);
                    FloatVector q2 = (FloatVector) even.and(m16).convert(VectorOperators.I2F, 0);
                    s2 = q2.fma(FloatVector.broadcast(Lanes.FLOATS, x[c + 2]), s2);
                    FloatVector q3 = (FloatVector)
                            even.lanewise(VectorOperators.LSHR, 24).convert(VectorOperators.I2F, 0);
                    s3 = q3.fma(FloatVector.broadcast(Lanes.FLOATS, x[c + 3]), s3);
                    IntVector odd = v.lanewise(VectorOperators.LSHR, 4)
                            .and(nibbles)
                            .or(h.lanewise(VectorOperators.LSHL, 3).and(upper));
                    FloatVector q4 = (FloatVector) odd.and(m0).convert(VectorOperators.I2F, 0);
                    s0 = q4.fma(FloatVector.broadcast(Lanes.FLOATS, x[c + 4]), s0);
                    FloatVector q5 = (FloatVector) odd.and(m8).convert(VectorOperators.I2F, 0);
                    s1 = q5.fma(FloatVector.broadcast(Lanes.FLOATS, x[c + 5]), s1);
                    FloatVector q6 = (FloatVector) odd.and(m16).convert(VectorOperators.I2F, 0);
                    s2 = q6.fma(FloatVector.broadcast(Lanes.FLOATS, x[c + 6]), s2);
                    FloatVector q7 =
                            (FloatVector) odd.lanewise(VectorOperators.LSHR, 24).convert(VectorOperators.I2F, 0);
                    s3 = q7.fma(FloatVector.broadcast(Lanes.FLOATS, x[c + 7]), s3);
                    h = h.lanewise(VectorOperators.LSHR, 2);
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
                group += 352;
            } while (group != lastGroup);
        }
        total.intoArray(y, lane);
    }
}
