package dev.sluice.backend.cpu.asm;

/**
 * Code on units of 16 floats, whatever the width of the registers: a unit is one ZMM register with AVX-512, and two YMM
 * registers with AVX2 and FMA. Arithmetic is the same lane by lane, and lanes are added to each other in one order, so
 * both give the same bits.
 */
final class Wide {
    /** Bytes of a unit of floats in memory. */
    static final int BYTES = 64;

    private static final int ORDERED_OR_NOT_LESS = 5;

    private final Assembler a;
    private final boolean avx512;

    Wide(Assembler a, boolean avx512) {
        this.a = a;
        this.avx512 = avx512;
    }

    /** Vector registers there are, in units. */
    int units() {
        return avx512 ? 32 : 8;
    }

    /** Whether a register of 16 floats is one. */
    boolean avx512() {
        return avx512;
    }

    private int parts() {
        return avx512 ? 1 : 2;
    }

    /** Part of a unit, 0 or 1. */
    private Vec part(int unit, int part) {
        return avx512 ? Vec.zmm(unit) : Vec.ymm(2 * unit + part);
    }

    /** A register that holds one number in all lanes, and so takes no second one with AVX2, by its own number. */
    Vec repeated(int register) {
        return avx512 ? Vec.zmm(register) : Vec.ymm(register);
    }

    void op(VectorOp op, int dst, int src1, int src2) {
        for (int p = 0; p < parts(); p++) {
            a.op(op, part(dst, p), part(src1, p), part(src2, p));
        }
    }

    void op(VectorOp op, int dst, int src1, Vec src2) {
        for (int p = 0; p < parts(); p++) {
            a.op(op, part(dst, p), part(src1, p), src2);
        }
    }

    void op(VectorOp op, int dst, Vec src1, int src2) {
        for (int p = 0; p < parts(); p++) {
            a.op(op, part(dst, p), src1, part(src2, p));
        }
    }

    /** With 16 numbers in memory. */
    void op(VectorOp op, int dst, int src1, Mem src2) {
        for (int p = 0; p < parts(); p++) {
            a.op(op, part(dst, p), part(src1, p), src2.plus(32 * p));
        }
    }

    /** With 16 numbers in memory of as many bytes as the instruction wants, half a unit's bytes in the second part. */
    void op(VectorOp op, int dst, Mem src, int bytes) {
        for (int p = 0; p < parts(); p++) {
            a.op(op, part(dst, p), src.plus(bytes / 2 * p));
        }
    }

    void op(VectorOp op, int dst, int src) {
        for (int p = 0; p < parts(); p++) {
            a.op(op, part(dst, p), part(src, p));
        }
    }

    void shift(ShiftOp op, int dst, int src, int count) {
        for (int p = 0; p < parts(); p++) {
            a.shift(op, part(dst, p), part(src, p), count);
        }
    }

    /** Lanes in another order, the same in each 128 bits. */
    void shuffle(int dst, int src, int order) {
        for (int p = 0; p < parts(); p++) {
            a.op(VectorOp.VPSHUFD, part(dst, p), part(src, p), order);
        }
    }

    void load(int dst, Mem src) {
        op(VectorOp.VMOVUPS, dst, src, BYTES);
    }

    /** Repeats a number in memory in all 16 lanes. */
    void loadRepeated(int dst, Mem src) {
        for (int p = 0; p < parts(); p++) {
            a.op(VectorOp.VBROADCASTSS, part(dst, p), src);
        }
    }

    void store(Mem dst, int src) {
        for (int p = 0; p < parts(); p++) {
            a.store(VectorOp.VMOVUPS_STORE, dst.plus(32 * p), part(src, p));
        }
    }

    void zero(int dst) {
        op(VectorOp.VPXOR, dst, dst, dst);
    }

    /** Makes the lanes of dst 0 where x is less than a bound; a NaN is not less. Mask k1 or the unit spare is used up. */
    void zeroWhereLess(int dst, int x, Vec bound, int spare) {
        if (avx512) {
            a.compare(1, part(x, 0), bound, ORDERED_OR_NOT_LESS);
            a.op(VectorOp.VMOVUPS, part(dst, 0).zeroed(1), part(dst, 0));
        } else {
            for (int p = 0; p < parts(); p++) {
                a.op(VectorOp.VCMPPS_VEX, part(spare, p), part(x, p), bound, ORDERED_OR_NOT_LESS);
                a.op(VectorOp.VPAND, part(dst, p), part(dst, p), part(spare, p));
            }
        }
    }

    /** Lanes of y become those of other where a comparison of x with bound holds. Mask k1, or the unit x, is used up. */
    void chooseWhere(int predicate, int x, int bound, int y, int other) {
        if (avx512) {
            a.compare(1, part(x, 0), part(bound, 0), predicate);
            a.op(VectorOp.VMOVUPS, part(y, 0).masked(1), part(other, 0));
        } else {
            for (int p = 0; p < parts(); p++) {
                a.op(VectorOp.VCMPPS_VEX, part(x, p), part(x, p), part(bound, p), predicate);
                a.blend(part(y, p), part(y, p), part(other, p), part(x, p));
            }
        }
    }

    /** The bits of the nearest half-precision numbers, each in 32 bits. */
    void halves(int dst, int src) {
        for (int p = 0; p < parts(); p++) {
            Vec half = part(dst, p).as(part(dst, p).bits() / 2);
            a.extract(VectorOp.VCVTPS2PH, half, part(src, p), 0);
            a.op(VectorOp.VPMOVZXWD, part(dst, p), half);
        }
    }

    /** Stores the nearest half-precision numbers. */
    void storeHalves(Mem dst, int src) {
        for (int p = 0; p < parts(); p++) {
            a.store(VectorOp.VCVTPS2PH, dst.plus(16 * p), part(src, p), 0);
        }
    }

    /**
     * Combines the 16 lanes into lane 0 of the unit's first register: lane i with i + 8, then + 4, + 2, + 1.
     *
     * @param spare a unit that is used up
     */
    void fold(VectorOp op, int unit, int spare) {
        Vec low = part(unit, 0).as(256);
        Vec high = part(spare, 0).as(256);
        if (avx512) {
            a.extract(VectorOp.VEXTRACTI64X4, high, part(unit, 0), 1);
            a.op(op, low, low, high);
        } else {
            a.op(op, low, low, part(unit, 1));
        }
        a.extract(VectorOp.VEXTRACTI128, high.as(128), low, 1);
        a.op(op, low.as(128), low.as(128), high.as(128));
        for (int order : new int[] {0x4e, 0xb1}) {
            a.op(VectorOp.VPSHUFD, high.as(128), low.as(128), order);
            a.op(op, low.as(128), low.as(128), high.as(128));
        }
    }

    /** The first 128 bits of a unit. */
    Vec low(int unit) {
        return part(unit, 0).as(128);
    }

    /** Repeats lane 0 of a unit's first register in a register of its own. */
    void repeat(Vec dst, int unit) {
        a.op(VectorOp.VBROADCASTSS, dst, low(unit));
    }
}
