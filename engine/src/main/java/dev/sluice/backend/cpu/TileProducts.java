package dev.sluice.backend.cpu;

import dev.sluice.tensor.DType;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Products of the 16 rows of tiles with one vector x, lanes being rows. A quant is not shifted into place: its bits are
 * masked where they lie and converted, which gives it times a power of two, and x is divided by that power beforehand,
 * exactly. What a format subtracts from its quants, or adds,
 * is the sum of x over a group of columns times the offset of {@link TileScales}.
 *
 * <p>One object belongs to a worker and one x at a time. Code is written out rather than shared: past a number of nodes
 * the compiler stops inlining, and a vector that crosses a call becomes an object.
 */
final class TileProducts {
    /** What a quant of a 4-bit word's column, masked where it lies, has to be multiplied with; twice over. */
    private static final float[] NIBBLE_POWERS = powers(new int[] {0, -8, -16, -24, -4, -12, -20, 0});
    /** The same for quants in the bytes of a word. */
    private static final float[] BYTE_POWERS = powers(new int[] {0, -8, -16, 0, 0, -8, -16, 0});

    private static final float[] ONES = powers(new int[8]);

    private static float[] powers(int[] exponents) {
        float[] powers = new float[16];
        for (int i = 0; i < 16; i++) {
            powers[i] = Math.scalb(1f, exponents[i % 8]);
        }
        return powers;
    }

    private DType type = DType.F32;
    private int units;
    private int groups;
    /** x, divided by the powers of two by which the masked bits are too large. */
    private float[] scaled = new float[0];

    private float[] sums = new float[0];
    private float[] scales = new float[0];
    private final float[] y = new float[32];

    void reserve(int cols) {
        if (scaled.length < cols) {
            scaled = new float[cols];
            sums = new float[cols / 16 + 1];
            scales = new float[4 * cols];
        }
    }

    /** Sets x for the products that follow, with matrices of one format. */
    void vector(DType format, float[] x, int xAt, int cols) {
        type = format;
        units = cols / format.blockSize();
        groups = cols / TileScales.groupCols(format);
        float[] powers = switch (format) {
            case Q8_0 -> ONES;
            case Q4_0, Q4_1, Q4_K -> NIBBLE_POWERS;
            default -> BYTE_POWERS;
        };
        for (int c = 0; c < cols; c += Lanes.COUNT) {
            FloatVector power = FloatVector.fromArray(Lanes.FLOATS, powers, c % 16);
            FloatVector.fromArray(Lanes.FLOATS, x, xAt + c).mul(power).intoArray(scaled, c);
        }
        int width = TileScales.groupCols(format);
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

    /** The products of the last call, 16 of its first tile, 16 of its second. */
    float[] results() {
        return y;
    }

    /** Multiplies two tiles, given by their byte offsets; they may be the same. */
    void multiply(MemorySegment w, long first, long second) {
        TileScales.expand(type, w, first, units, scales, 0);
        TileScales.expand(type, w, second, units, scales, 32 * groups);
        for (int lane = 0; lane < 16; lane += Lanes.COUNT) {
            long bytes = 4L * lane;
            switch (type) {
                case Q8_0 -> eight(w, first + 32 + bytes, second + 32 + bytes, lane);
                case Q4_0 -> four(w, first + 32 + bytes, second + 32 + bytes, 288, 1, 0, lane);
                case Q4_1 -> four(w, first + 64 + bytes, second + 64 + bytes, 320, 1, 0, lane);
                case Q4_K -> four(w, first + 96 + bytes, second + 96 + bytes, 2368, 8, 288, lane);
                case Q5_0 -> five(w, first + 32 + bytes, second + 32 + bytes, 352, 1, 0, lane);
                case Q5_1 -> five(w, first + 64 + bytes, second + 64 + bytes, 384, 1, 0, lane);
                case Q5_K -> five(w, first + 96 + bytes, second + 96 + bytes, 2880, 8, 352, lane);
                case Q6_K -> six(w, first + 64 + bytes, second + 64 + bytes, lane);
                default -> throw new IllegalArgumentException(type + " has no scales");
            }
        }
    }

    private void four(
            MemorySegment tiles, long first, long second, int unitBytes, int unitGroups, int groupBytes, int lane) {
        float[] x = scaled;
        float[] scales = this.scales;
        float[] sums = this.sums;
        int next = 32 * groups;
        IntVector m0 = IntVector.broadcast(Lanes.INTS, 0xf);
        IntVector m8 = IntVector.broadcast(Lanes.INTS, 0xf << 8);
        IntVector m16 = IntVector.broadcast(Lanes.INTS, 0xf << 16);
        IntVector m24 = IntVector.broadcast(Lanes.INTS, 0xf << 24);
        IntVector m4 = IntVector.broadcast(Lanes.INTS, 0xf << 4);
        IntVector m12 = IntVector.broadcast(Lanes.INTS, 0xf << 12);
        IntVector m20 = IntVector.broadcast(Lanes.INTS, 0xf << 20);
        FloatVector total = FloatVector.zero(Lanes.FLOATS);
        FloatVector other = total;
        int n = 0;
        for (int u = 0; u < units; u++) {
            long offset = (long) unitBytes * u;
            for (int g = 0; g < unitGroups; g++) {
                FloatVector s0 = FloatVector.zero(Lanes.FLOATS);
                FloatVector s1 = s0;
                FloatVector s2 = s0;
                FloatVector s3 = s0;
                FloatVector r0 = FloatVector.zero(Lanes.FLOATS);
                FloatVector r1 = r0;
                FloatVector r2 = r0;
                FloatVector r3 = r0;
                for (int j = 0; j < 4; j++) {
                    long word = offset + 64L * j;
                    IntVector v = IntVector.fromMemorySegment(Lanes.INTS, tiles, first + word, Lanes.ORDER);
                    IntVector w = IntVector.fromMemorySegment(Lanes.INTS, tiles, second + word, Lanes.ORDER);
                    int c = 32 * n + 8 * j;
                    FloatVector x0 = FloatVector.broadcast(Lanes.FLOATS, x[c]);
                    FloatVector q0 = (FloatVector) v.and(m0).convert(VectorOperators.I2F, 0);
                    s0 = q0.fma(x0, s0);
                    FloatVector p0 = (FloatVector) w.and(m0).convert(VectorOperators.I2F, 0);
                    r0 = p0.fma(x0, r0);
                    FloatVector x1 = FloatVector.broadcast(Lanes.FLOATS, x[c + 1]);
                    FloatVector q1 = (FloatVector) v.and(m8).convert(VectorOperators.I2F, 0);
                    s1 = q1.fma(x1, s1);
                    FloatVector p1 = (FloatVector) w.and(m8).convert(VectorOperators.I2F, 0);
                    r1 = p1.fma(x1, r1);
                    FloatVector x2 = FloatVector.broadcast(Lanes.FLOATS, x[c + 2]);
                    FloatVector q2 = (FloatVector) v.and(m16).convert(VectorOperators.I2F, 0);
                    s2 = q2.fma(x2, s2);
                    FloatVector p2 = (FloatVector) w.and(m16).convert(VectorOperators.I2F, 0);
                    r2 = p2.fma(x2, r2);
                    FloatVector x3 = FloatVector.broadcast(Lanes.FLOATS, x[c + 3]);
                    FloatVector q3 = (FloatVector) v.and(m24).convert(VectorOperators.I2F, 0);
                    s3 = q3.fma(x3, s3);
                    FloatVector p3 = (FloatVector) w.and(m24).convert(VectorOperators.I2F, 0);
                    r3 = p3.fma(x3, r3);
                    FloatVector x4 = FloatVector.broadcast(Lanes.FLOATS, x[c + 4]);
                    FloatVector q4 = (FloatVector) v.and(m4).convert(VectorOperators.I2F, 0);
                    s0 = q4.fma(x4, s0);
                    FloatVector p4 = (FloatVector) w.and(m4).convert(VectorOperators.I2F, 0);
                    r0 = p4.fma(x4, r0);
                    FloatVector x5 = FloatVector.broadcast(Lanes.FLOATS, x[c + 5]);
                    FloatVector q5 = (FloatVector) v.and(m12).convert(VectorOperators.I2F, 0);
                    s1 = q5.fma(x5, s1);
                    FloatVector p5 = (FloatVector) w.and(m12).convert(VectorOperators.I2F, 0);
                    r1 = p5.fma(x5, r1);
                    FloatVector x6 = FloatVector.broadcast(Lanes.FLOATS, x[c + 6]);
                    FloatVector q6 = (FloatVector) v.and(m20).convert(VectorOperators.I2F, 0);
                    s2 = q6.fma(x6, s2);
                    FloatVector p6 = (FloatVector) w.and(m20).convert(VectorOperators.I2F, 0);
                    r2 = p6.fma(x6, r2);
                    FloatVector x7 = FloatVector.broadcast(Lanes.FLOATS, x[c + 7]);
                    FloatVector q7 =
                            (FloatVector) v.lanewise(VectorOperators.LSHR, 28).convert(VectorOperators.I2F, 0);
                    s3 = q7.fma(x7, s3);
                    FloatVector p7 =
                            (FloatVector) w.lanewise(VectorOperators.LSHR, 28).convert(VectorOperators.I2F, 0);
                    r3 = p7.fma(x7, r3);
                }
                int scale = 32 * n + lane;
                FloatVector sum = FloatVector.broadcast(Lanes.FLOATS, sums[n]);
                FloatVector a = FloatVector.fromArray(Lanes.FLOATS, scales, scale);
                FloatVector b = FloatVector.fromArray(Lanes.FLOATS, scales, scale + 16);
                total = b.fma(sum, a.fma(s0.add(s1).add(s2.add(s3)), total));
                a = FloatVector.fromArray(Lanes.FLOATS, scales, scale + next);
                b = FloatVector.fromArray(Lanes.FLOATS, scales, scale + next + 16);
                other = b.fma(sum, a.fma(r0.add(r1).add(r2.add(r3)), other));
                n++;
                offset += groupBytes;
            }
        }
        total.intoArray(y, lane);
        other.intoArray(y, 16 + lane);
    }

    private void eight(MemorySegment tiles, long first, long second, int lane) {
        float[] x = scaled;
        float[] scales = this.scales;
        int next = 32 * groups;
        FloatVector total = FloatVector.zero(Lanes.FLOATS);
        FloatVector other = total;
        for (int u = 0; u < units; u++) {
            FloatVector s0 = FloatVector.zero(Lanes.FLOATS);
            FloatVector s1 = s0;
            FloatVector s2 = s0;
            FloatVector s3 = s0;
            FloatVector r0 = FloatVector.zero(Lanes.FLOATS);
            FloatVector r1 = r0;
            FloatVector r2 = r0;
            FloatVector r3 = r0;
            for (int j = 0; j < 8; j++) {
                long word = 544L * u + 64L * j;
                IntVector v = IntVector.fromMemorySegment(Lanes.INTS, tiles, first + word, Lanes.ORDER);
                IntVector w = IntVector.fromMemorySegment(Lanes.INTS, tiles, second + word, Lanes.ORDER);
                int c = 32 * u + 4 * j;
                FloatVector x0 = FloatVector.broadcast(Lanes.FLOATS, x[c]);
                FloatVector q0 = (FloatVector) v.lanewise(VectorOperators.LSHL, 24)
                        .lanewise(VectorOperators.ASHR, 24)
                        .convert(VectorOperators.I2F, 0);
                s0 = q0.fma(x0, s0);
                FloatVector p0 = (FloatVector) w.lanewise(VectorOperators.LSHL, 24)
                        .lanewise(VectorOperators.ASHR, 24)
                        .convert(VectorOperators.I2F, 0);
                r0 = p0.fma(x0, r0);
                FloatVector x1 = FloatVector.broadcast(Lanes.FLOATS, x[c + 1]);
                FloatVector q1 = (FloatVector) v.lanewise(VectorOperators.LSHL, 16)
                        .lanewise(VectorOperators.ASHR, 24)
                        .convert(VectorOperators.I2F, 0);
                s1 = q1.fma(x1, s1);
                FloatVector p1 = (FloatVector) w.lanewise(VectorOperators.LSHL, 16)
                        .lanewise(VectorOperators.ASHR, 24)
                        .convert(VectorOperators.I2F, 0);
                r1 = p1.fma(x1, r1);
                FloatVector x2 = FloatVector.broadcast(Lanes.FLOATS, x[c + 2]);
                FloatVector q2 = (FloatVector) v.lanewise(VectorOperators.LSHL, 8)
                        .lanewise(VectorOperators.ASHR, 24)
                        .convert(VectorOperators.I2F, 0);
                s2 = q2.fma(x2, s2);
                FloatVector p2 = (FloatVector) w.lanewise(VectorOperators.LSHL, 8)
                        .lanewise(VectorOperators.ASHR, 24)
                        .convert(VectorOperators.I2F, 0);
                r2 = p2.fma(x2, r2);
                FloatVector x3 = FloatVector.broadcast(Lanes.FLOATS, x[c + 3]);
                FloatVector q3 =
                        (FloatVector) v.lanewise(VectorOperators.ASHR, 24).convert(VectorOperators.I2F, 0);
                s3 = q3.fma(x3, s3);
                FloatVector p3 =
                        (FloatVector) w.lanewise(VectorOperators.ASHR, 24).convert(VectorOperators.I2F, 0);
                r3 = p3.fma(x3, r3);
            }
            FloatVector a = FloatVector.fromArray(Lanes.FLOATS, scales, 32 * u + lane);
            total = a.fma(s0.add(s1).add(s2.add(s3)), total);
            FloatVector b = FloatVector.fromArray(Lanes.FLOATS, scales, 32 * u + next + lane);
            other = b.fma(r0.add(r1).add(r2.add(r3)), other);
        }
        total.intoArray(y, lane);
        other.intoArray(y, 16 + lane);
    }

    private void five(
            MemorySegment tiles, long first, long second, int unitBytes, int unitGroups, int groupBytes, int lane) {
        float[] x = scaled;
        float[] scales = this.scales;
        float[] sums = this.sums;
        int next = 32 * groups;
        IntVector nibbles = IntVector.broadcast(Lanes.INTS, 0x0f0f0f0f);
        IntVector upper = IntVector.broadcast(Lanes.INTS, 0x10101010);
        IntVector m0 = IntVector.broadcast(Lanes.INTS, 0xff);
        IntVector m8 = IntVector.broadcast(Lanes.INTS, 0xff00);
        IntVector m16 = IntVector.broadcast(Lanes.INTS, 0xff0000);
        FloatVector total = FloatVector.zero(Lanes.FLOATS);
        FloatVector other = total;
        int n = 0;
        for (int u = 0; u < units; u++) {
            long offset = (long) unitBytes * u;
            for (int g = 0; g < unitGroups; g++) {
                FloatVector s0 = FloatVector.zero(Lanes.FLOATS);
                FloatVector s1 = s0;
                FloatVector s2 = s0;
                FloatVector s3 = s0;
                FloatVector r0 = FloatVector.zero(Lanes.FLOATS);
                FloatVector r1 = r0;
                FloatVector r2 = r0;
                FloatVector r3 = r0;
                IntVector h = IntVector.fromMemorySegment(Lanes.INTS, tiles, first + offset + 256, Lanes.ORDER);
                IntVector k = IntVector.fromMemorySegment(Lanes.INTS, tiles, second + offset + 256, Lanes.ORDER);
                for (int j = 0; j < 4; j++) {
                    long word = offset + 64L * j;
                    IntVector v = IntVector.fromMemorySegment(Lanes.INTS, tiles, first + word, Lanes.ORDER);
                    IntVector w = IntVector.fromMemorySegment(Lanes.INTS, tiles, second + word, Lanes.ORDER);
                    int c = 32 * n + 8 * j;
                    IntVector vEven = v.and(nibbles)
                            .or(h.lanewise(VectorOperators.LSHL, 4).and(upper));
                    IntVector wEven = w.and(nibbles)
                            .or(k.lanewise(VectorOperators.LSHL, 4).and(upper));
                    FloatVector x0 = FloatVector.broadcast(Lanes.FLOATS, x[c]);
                    FloatVector q0 = (FloatVector) vEven.and(m0).convert(VectorOperators.I2F, 0);
                    s0 = q0.fma(x0, s0);
                    FloatVector p0 = (FloatVector) wEven.and(m0).convert(VectorOperators.I2F, 0);
                    r0 = p0.fma(x0, r0);
                    FloatVector x1 = FloatVector.broadcast(Lanes.FLOATS, x[c + 1]);
                    FloatVector q1 = (FloatVector) vEven.and(m8).convert(VectorOperators.I2F, 0);
                    s1 = q1.fma(x1, s1);
                    FloatVector p1 = (FloatVector) wEven.and(m8).convert(VectorOperators.I2F, 0);
                    r1 = p1.fma(x1, r1);
                    FloatVector x2 = FloatVector.broadcast(Lanes.FLOATS, x[c + 2]);
                    FloatVector q2 = (FloatVector) vEven.and(m16).convert(VectorOperators.I2F, 0);
                    s2 = q2.fma(x2, s2);
                    FloatVector p2 = (FloatVector) wEven.and(m16).convert(VectorOperators.I2F, 0);
                    r2 = p2.fma(x2, r2);
                    FloatVector x3 = FloatVector.broadcast(Lanes.FLOATS, x[c + 3]);
                    FloatVector q3 = (FloatVector)
                            vEven.lanewise(VectorOperators.LSHR, 24).convert(VectorOperators.I2F, 0);
                    s3 = q3.fma(x3, s3);
                    FloatVector p3 = (FloatVector)
                            wEven.lanewise(VectorOperators.LSHR, 24).convert(VectorOperators.I2F, 0);
                    r3 = p3.fma(x3, r3);
                    IntVector vOdd = v.lanewise(VectorOperators.LSHR, 4)
                            .and(nibbles)
                            .or(h.lanewise(VectorOperators.LSHL, 3).and(upper));
                    IntVector wOdd = w.lanewise(VectorOperators.LSHR, 4)
                            .and(nibbles)
                            .or(k.lanewise(VectorOperators.LSHL, 3).and(upper));
                    FloatVector x4 = FloatVector.broadcast(Lanes.FLOATS, x[c + 4]);
                    FloatVector q4 = (FloatVector) vOdd.and(m0).convert(VectorOperators.I2F, 0);
                    s0 = q4.fma(x4, s0);
                    FloatVector p4 = (FloatVector) wOdd.and(m0).convert(VectorOperators.I2F, 0);
                    r0 = p4.fma(x4, r0);
                    FloatVector x5 = FloatVector.broadcast(Lanes.FLOATS, x[c + 5]);
                    FloatVector q5 = (FloatVector) vOdd.and(m8).convert(VectorOperators.I2F, 0);
                    s1 = q5.fma(x5, s1);
                    FloatVector p5 = (FloatVector) wOdd.and(m8).convert(VectorOperators.I2F, 0);
                    r1 = p5.fma(x5, r1);
                    FloatVector x6 = FloatVector.broadcast(Lanes.FLOATS, x[c + 6]);
                    FloatVector q6 = (FloatVector) vOdd.and(m16).convert(VectorOperators.I2F, 0);
                    s2 = q6.fma(x6, s2);
                    FloatVector p6 = (FloatVector) wOdd.and(m16).convert(VectorOperators.I2F, 0);
                    r2 = p6.fma(x6, r2);
                    FloatVector x7 = FloatVector.broadcast(Lanes.FLOATS, x[c + 7]);
                    FloatVector q7 = (FloatVector)
                            vOdd.lanewise(VectorOperators.LSHR, 24).convert(VectorOperators.I2F, 0);
                    s3 = q7.fma(x7, s3);
                    FloatVector p7 = (FloatVector)
                            wOdd.lanewise(VectorOperators.LSHR, 24).convert(VectorOperators.I2F, 0);
                    r3 = p7.fma(x7, r3);
                    h = h.lanewise(VectorOperators.LSHR, 2);
                    k = k.lanewise(VectorOperators.LSHR, 2);
                }
                int scale = 32 * n + lane;
                FloatVector sum = FloatVector.broadcast(Lanes.FLOATS, sums[n]);
                FloatVector a = FloatVector.fromArray(Lanes.FLOATS, scales, scale);
                FloatVector b = FloatVector.fromArray(Lanes.FLOATS, scales, scale + 16);
                total = b.fma(sum, a.fma(s0.add(s1).add(s2.add(s3)), total));
                a = FloatVector.fromArray(Lanes.FLOATS, scales, scale + next);
                b = FloatVector.fromArray(Lanes.FLOATS, scales, scale + next + 16);
                other = b.fma(sum, a.fma(r0.add(r1).add(r2.add(r3)), other));
                n++;
                offset += groupBytes;
            }
        }
        total.intoArray(y, lane);
        other.intoArray(y, 16 + lane);
    }

    private void six(MemorySegment tiles, long first, long second, int lane) {
        float[] x = scaled;
        float[] scales = this.scales;
        float[] sums = this.sums;
        int next = 32 * groups;
        IntVector nibbles = IntVector.broadcast(Lanes.INTS, 0x0f0f0f0f);
        IntVector upper = IntVector.broadcast(Lanes.INTS, 0x30303030);
        IntVector m0 = IntVector.broadcast(Lanes.INTS, 0xff);
        IntVector m8 = IntVector.broadcast(Lanes.INTS, 0xff00);
        IntVector m16 = IntVector.broadcast(Lanes.INTS, 0xff0000);
        FloatVector total = FloatVector.zero(Lanes.FLOATS);
        FloatVector other = total;
        int n = 0;
        for (int u = 0; u < units; u++) {
            for (int g = 0; g < 16; g++) {
                long group = 3360L * u + 416L * (g / 2);
                long high = group + 256 + 64L * (g % 2);
                FloatVector s0 = FloatVector.zero(Lanes.FLOATS);
                FloatVector s1 = s0;
                FloatVector s2 = s0;
                FloatVector s3 = s0;
                FloatVector r0 = FloatVector.zero(Lanes.FLOATS);
                FloatVector r1 = r0;
                FloatVector r2 = r0;
                FloatVector r3 = r0;
                IntVector h = IntVector.fromMemorySegment(Lanes.INTS, tiles, first + high, Lanes.ORDER);
                IntVector k = IntVector.fromMemorySegment(Lanes.INTS, tiles, second + high, Lanes.ORDER);
                for (int j = 0; j < 2; j++) {
                    long word = group + 128L * (g % 2) + 64L * j;
                    IntVector v = IntVector.fromMemorySegment(Lanes.INTS, tiles, first + word, Lanes.ORDER);
                    IntVector w = IntVector.fromMemorySegment(Lanes.INTS, tiles, second + word, Lanes.ORDER);
                    int c = 16 * n + 8 * j;
                    IntVector vEven = v.and(nibbles)
                            .or(h.lanewise(VectorOperators.LSHL, 4).and(upper));
                    IntVector wEven = w.and(nibbles)
                            .or(k.lanewise(VectorOperators.LSHL, 4).and(upper));
                    FloatVector x0 = FloatVector.broadcast(Lanes.FLOATS, x[c]);
                    FloatVector q0 = (FloatVector) vEven.and(m0).convert(VectorOperators.I2F, 0);
                    s0 = q0.fma(x0, s0);
                    FloatVector p0 = (FloatVector) wEven.and(m0).convert(VectorOperators.I2F, 0);
                    r0 = p0.fma(x0, r0);
                    FloatVector x1 = FloatVector.broadcast(Lanes.FLOATS, x[c + 1]);
                    FloatVector q1 = (FloatVector) vEven.and(m8).convert(VectorOperators.I2F, 0);
                    s1 = q1.fma(x1, s1);
                    FloatVector p1 = (FloatVector) wEven.and(m8).convert(VectorOperators.I2F, 0);
                    r1 = p1.fma(x1, r1);
                    FloatVector x2 = FloatVector.broadcast(Lanes.FLOATS, x[c + 2]);
                    FloatVector q2 = (FloatVector) vEven.and(m16).convert(VectorOperators.I2F, 0);
                    s2 = q2.fma(x2, s2);
                    FloatVector p2 = (FloatVector) wEven.and(m16).convert(VectorOperators.I2F, 0);
                    r2 = p2.fma(x2, r2);
                    FloatVector x3 = FloatVector.broadcast(Lanes.FLOATS, x[c + 3]);
                    FloatVector q3 = (FloatVector)
                            vEven.lanewise(VectorOperators.LSHR, 24).convert(VectorOperators.I2F, 0);
                    s3 = q3.fma(x3, s3);
                    FloatVector p3 = (FloatVector)
                            wEven.lanewise(VectorOperators.LSHR, 24).convert(VectorOperators.I2F, 0);
                    r3 = p3.fma(x3, r3);
                    IntVector vOdd = v.lanewise(VectorOperators.LSHR, 4)
                            .and(nibbles)
                            .or(h.lanewise(VectorOperators.LSHL, 2).and(upper));
                    IntVector wOdd = w.lanewise(VectorOperators.LSHR, 4)
                            .and(nibbles)
                            .or(k.lanewise(VectorOperators.LSHL, 2).and(upper));
                    FloatVector x4 = FloatVector.broadcast(Lanes.FLOATS, x[c + 4]);
                    FloatVector q4 = (FloatVector) vOdd.and(m0).convert(VectorOperators.I2F, 0);
                    s0 = q4.fma(x4, s0);
                    FloatVector p4 = (FloatVector) wOdd.and(m0).convert(VectorOperators.I2F, 0);
                    r0 = p4.fma(x4, r0);
                    FloatVector x5 = FloatVector.broadcast(Lanes.FLOATS, x[c + 5]);
                    FloatVector q5 = (FloatVector) vOdd.and(m8).convert(VectorOperators.I2F, 0);
                    s1 = q5.fma(x5, s1);
                    FloatVector p5 = (FloatVector) wOdd.and(m8).convert(VectorOperators.I2F, 0);
                    r1 = p5.fma(x5, r1);
                    FloatVector x6 = FloatVector.broadcast(Lanes.FLOATS, x[c + 6]);
                    FloatVector q6 = (FloatVector) vOdd.and(m16).convert(VectorOperators.I2F, 0);
                    s2 = q6.fma(x6, s2);
                    FloatVector p6 = (FloatVector) wOdd.and(m16).convert(VectorOperators.I2F, 0);
                    r2 = p6.fma(x6, r2);
                    FloatVector x7 = FloatVector.broadcast(Lanes.FLOATS, x[c + 7]);
                    FloatVector q7 = (FloatVector)
                            vOdd.lanewise(VectorOperators.LSHR, 24).convert(VectorOperators.I2F, 0);
                    s3 = q7.fma(x7, s3);
                    FloatVector p7 = (FloatVector)
                            wOdd.lanewise(VectorOperators.LSHR, 24).convert(VectorOperators.I2F, 0);
                    r3 = p7.fma(x7, r3);
                    h = h.lanewise(VectorOperators.LSHR, 4);
                    k = k.lanewise(VectorOperators.LSHR, 4);
                }
                int scale = 32 * n + lane;
                FloatVector sum = FloatVector.broadcast(Lanes.FLOATS, sums[n]);
                FloatVector a = FloatVector.fromArray(Lanes.FLOATS, scales, scale);
                FloatVector b = FloatVector.fromArray(Lanes.FLOATS, scales, scale + 16);
                total = b.fma(sum, a.fma(s0.add(s1).add(s2.add(s3)), total));
                a = FloatVector.fromArray(Lanes.FLOATS, scales, scale + next);
                b = FloatVector.fromArray(Lanes.FLOATS, scales, scale + next + 16);
                other = b.fma(sum, a.fma(r0.add(r1).add(r2.add(r3)), other));
                n++;
            }
        }
        total.intoArray(y, lane);
        other.intoArray(y, 16 + lane);
    }
}
