package dev.sluice.backend.cpu;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/** Products of a tile of Q6_K with one vector; {@link TileProducts} says how, and what x and sums are. */
final class SixBitProducts {
    private static final int[] MASKS = {0x0f0f0f0f, 0x30303030, 0xff, 0xff << 8, 0xff << 16, 0x8fffe000};

    private SixBitProducts() {}

    /** Of a group's 416 bytes the first 32 are the scales of its halves, then come four words and two high words. */
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
            long unit = at + 3360L * u;
            FloatVector d = ((IntVector) ShortVector.fromMemorySegment(Lanes.SHORTS, w, unit + 2L * lane, Lanes.ORDER)
                            .convertShape(VectorOperators.S2I, Lanes.INTS, 0))
                    .lanewise(VectorOperators.LSHL, 13)
                    .and(half)
                    .reinterpretAsFloats()
                    .mul(TileScales.TWO_112);
            long scale = unit + 32 + lane;
            long word = unit + 64 + 4L * lane;
            long high = word + 256;
            long lastWord = word + 8 * 416;
            do {
                FloatVector s0 = FloatVector.zero(Lanes.FLOATS);
                FloatVector s1 = s0;
                FloatVector s2 = s0;
                FloatVector s3 = s0;
                IntVector h = IntVector.fromMemorySegment(Lanes.INTS, w, high, Lanes.ORDER);
                long end = word + 128;
                int n = c / 16;
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
                            .or(h.lanewise(VectorOperators.LSHL, 2).and(upper));
                    FloatVector q4 = (FloatVector) odd.and(m0).convert(VectorOperators.I2F, 0);
                    s0 = q4.fma(FloatVector.broadcast(Lanes.FLOATS, x[c + 4]), s0);
                    FloatVector q5 = (FloatVector) odd.and(m8).convert(VectorOperators.I2F, 0);
                    s1 = q5.fma(FloatVector.broadcast(Lanes.FLOATS, x[c + 5]), s1);
                    FloatVector q6 = (FloatVector) odd.and(m16).convert(VectorOperators.I2F, 0);
                    s2 = q6.fma(FloatVector.broadcast(Lanes.FLOATS, x[c + 6]), s2);
                    FloatVector q7 =
                            (FloatVector) odd.lanewise(VectorOperators.LSHR, 24).convert(VectorOperators.I2F, 0);
                    s3 = q7.fma(FloatVector.broadcast(Lanes.FLOATS, x[c + 7]), s3);
                    h = h.lanewise(VectorOperators.LSHR, 4);
                    c += 8;
                    word += 64;
                } while (word != end);
                FloatVector a = d.mul((FloatVector) ByteVector.fromMemorySegment(Lanes.BYTES, w, scale, Lanes.ORDER)
                        .convertShape(VectorOperators.B2F, Lanes.FLOATS, 0));
                FloatVector b = a.mul(-32f);
                FloatVector sum = FloatVector.broadcast(Lanes.FLOATS, sums[n]);
                total = b.fma(sum, a.fma(s0.add(s1).add(s2.add(s3)), total));
                // The second half's scales, words and high word follow the first half's at once; then comes the next
                // group.
                boolean second = (n & 1) != 0;
                scale += second ? 400 : 16;
                word += second ? 160 : 0;
                high += second ? 352 : 64;
            } while (word != lastWord);
        }
        total.intoArray(y, lane);
    }
}
