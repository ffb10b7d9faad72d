package dev.sluice.backend.cpu.asm;

/** AVX-VNNI, or AVX-512 VNNI in 256 bits, which computes the same from another encoding. */
final class AvxVnniDots extends VexDots {
    private final VectorOp dot;

    AvxVnniDots(boolean evex) {
        dot = evex ? VectorOp.VPDPBUSD : VectorOp.VPDPBUSD_VEX;
    }

    @Override
    public boolean signedBytes() {
        return false;
    }

    @Override
    public void beginBytes(Assembler a, Vec q0, Vec q1) {
        a.op(VectorOp.VPXOR, q0, q0, Constant.SIGNS_OF_BYTES.at(ARGUMENTS));
        a.op(VectorOp.VPXOR, q1, q1, Constant.SIGNS_OF_BYTES.at(ARGUMENTS));
    }

    @Override
    public void dots(Assembler a, TileFormat format, Vec acc, Vec q0, Vec q1, Mem x) {
        a.op(VectorOp.VPBROADCASTD, vector(SPARE), x);
        a.op(VectorOp.VPBROADCASTD, vector(OTHER_SPARE), x.plus(4));
        a.op(dot, acc, q0, vector(SPARE));
        a.op(dot, acc, q1, vector(OTHER_SPARE));
    }
}
