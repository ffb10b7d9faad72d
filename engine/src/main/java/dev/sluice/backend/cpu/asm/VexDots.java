package dev.sluice.backend.cpu.asm;

/** What AVX2 and AVX-VNNI share: 8 lanes, 16 registers, constants in memory. */
abstract class VexDots implements ByteDots {
    /** The constant that cuts a format's upper bits out. */
    static Constant upperBits(TileFormat format) {
        return format.bits == 6 ? Constant.FIFTH_AND_SIXTH_BITS : Constant.FIFTH_BITS;
    }

    @Override
    public Vec vector(int number) {
        return Vec.ymm(number);
    }

    @Override
    public int accumulators() {
        return 4;
    }

    @Override
    public void begin(Assembler a, TileFormat format) {
        // All constants are read where they are used.
    }

    @Override
    public void lowNibbles(Assembler a, Vec dst, Vec src) {
        a.op(VectorOp.VPAND, dst, src, Constant.LOW_NIBBLES.at(ARGUMENTS));
    }

    @Override
    public void addUpperBits(Assembler a, TileFormat format, Vec q, Vec bits) {
        a.op(VectorOp.VPAND, bits, bits, upperBits(format).at(ARGUMENTS));
        a.op(VectorOp.VPOR, q, q, bits);
    }

    @Override
    public void start(Assembler a, Vec dst, Mem element, int shift) {
        if (shift == 0) {
            a.op(VectorOp.VPXOR, dst, dst, dst);
        } else {
            a.op(VectorOp.VPBROADCASTD, dst, element);
            a.shift(ShiftOp.VPSLLD, dst, dst, shift);
        }
    }

    @Override
    public void addProduct(Assembler a, Vec acc, Vec v, Mem element) {
        a.op(VectorOp.VBROADCASTSS, vector(SPARE), element);
        a.op(VectorOp.VFMADD231PS, acc, v, vector(SPARE));
    }

    @Override
    public void subtractProduct(Assembler a, Vec acc, Vec v, Mem element) {
        a.op(VectorOp.VBROADCASTSS, vector(SPARE), element);
        a.op(VectorOp.VFNMADD231PS, acc, v, vector(SPARE));
    }

    @Override
    public void beginRows(Assembler a, Gpr mask, int part) {
        a.op(VectorOp.VMOVDQU, vector(OTHER_SPARE), Mem.at(mask, part * lanes() * 4));
    }

    @Override
    public void loadRows(Assembler a, Vec dst, Mem src) {
        a.loadWhere(dst, vector(OTHER_SPARE), src);
    }

    @Override
    public void storeRows(Assembler a, Mem dst, Vec src) {
        a.storeWhere(dst, vector(OTHER_SPARE), src);
    }
}
