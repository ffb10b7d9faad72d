package dev.sluice.backend.cpu.asm;

/** AVX-512 with VNNI: 16 lanes, broadcasts from memory, 32 registers. */
final class Avx512Dots implements ByteDots {
    /** {@code a | (b & c)} in VPTERNLOGD's truth table. */
    private static final int OR_AND = 0xf8;

    private static final int ROWS = 1;

    @Override
    public Vec vector(int number) {
        return Vec.zmm(number);
    }

    @Override
    public int accumulators() {
        return 12;
    }

    @Override
    public boolean signedBytes() {
        return false;
    }

    @Override
    public void begin(Assembler a, TileFormat format) {
        Constant first = format.bits == 8 ? Constant.SIGNS_OF_BYTES : Constant.LOW_NIBBLES;
        a.op(VectorOp.VPBROADCASTD, vector(OWN), first.at(ARGUMENTS));
        if (format.high != 0) {
            a.op(
                    VectorOp.VPBROADCASTD,
                    vector(OTHER_OWN),
                    VexDots.upperBits(format).at(ARGUMENTS));
        }
    }

    @Override
    public void beginBytes(Assembler a, Vec q0, Vec q1) {
        a.op(VectorOp.VPXOR, q0, q0, vector(OWN));
        a.op(VectorOp.VPXOR, q1, q1, vector(OWN));
    }

    @Override
    public void lowNibbles(Assembler a, Vec dst, Vec src) {
        a.op(VectorOp.VPAND, dst, src, vector(OWN));
    }

    @Override
    public void addUpperBits(Assembler a, TileFormat format, Vec q, Vec bits) {
        a.op(VectorOp.VPTERNLOGD, q, bits, vector(OTHER_OWN), OR_AND);
    }

    @Override
    public void start(Assembler a, Vec dst, Mem element, int shift) {
        if (shift == 0) {
            a.op(VectorOp.VPXOR, dst, dst, dst);
        } else {
            a.shift(ShiftOp.VPSLLD, dst, Mem.each(element.base(), element.disp()), shift);
        }
    }

    @Override
    public void dots(Assembler a, TileFormat format, Vec acc, Vec q0, Vec q1, Mem x) {
        a.op(VectorOp.VPDPBUSD, acc, q0, Mem.each(x.base(), x.disp()));
        a.op(VectorOp.VPDPBUSD, acc, q1, Mem.each(x.base(), x.disp() + 4));
    }

    @Override
    public void addProduct(Assembler a, Vec acc, Vec v, Mem element) {
        a.op(VectorOp.VFMADD231PS, acc, v, Mem.each(element.base(), element.disp()));
    }

    @Override
    public void subtractProduct(Assembler a, Vec acc, Vec v, Mem element) {
        a.op(VectorOp.VFNMADD231PS, acc, v, Mem.each(element.base(), element.disp()));
    }

    @Override
    public void beginRows(Assembler a, Gpr mask, int part) {
        a.mov32(Gpr.RAX, Mem.at(mask, Arguments.MASK_BITS));
        a.maskFrom(ROWS, Gpr.RAX);
    }

    @Override
    public void loadRows(Assembler a, Vec dst, Mem src) {
        a.op(VectorOp.VMOVUPS, dst.zeroed(ROWS), src);
    }

    @Override
    public void storeRows(Assembler a, Mem dst, Vec src) {
        a.store(VectorOp.VMOVUPS_STORE, dst, src.masked(ROWS));
    }
}
