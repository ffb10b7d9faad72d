package dev.sluice.backend.cpu.asm;

/**
 * AVX2 alone. Pairs of products are added in 16 bits with saturation, which none of these reach: of quants below 64 four
 * products are at most 4 · 63 · 127 = 32004; of 8-bit quants, taken by magnitude with their sign given to the activation,
 * two are at most 2 · 128 · 127 = 32512.
 */
final class Avx2Dots extends VexDots {
    @Override
    public boolean signedBytes() {
        return true;
    }

    @Override
    public void beginBytes(Assembler a, Vec q0, Vec q1) {
        a.op(VectorOp.VPABSB, vector(OWN), q0);
        a.op(VectorOp.VPABSB, vector(OTHER_OWN), q1);
    }

    @Override
    public void dots(Assembler a, TileFormat format, Vec acc, Vec q0, Vec q1, Mem x) {
        Vec x0 = vector(SPARE);
        Vec x1 = vector(OTHER_SPARE);
        a.op(VectorOp.VPBROADCASTD, x0, x);
        a.op(VectorOp.VPBROADCASTD, x1, x.plus(4));
        if (format.bits == 8) {
            a.op(VectorOp.VPSIGNB, x0, x0, q0);
            a.op(VectorOp.VPSIGNB, x1, x1, q1);
            a.op(VectorOp.VPMADDUBSW, x0, vector(OWN), x0);
            a.op(VectorOp.VPMADDUBSW, x1, vector(OTHER_OWN), x1);
            a.op(VectorOp.VPMADDWD, x0, x0, Constant.WORDS_OF_ONE.at(ARGUMENTS));
            a.op(VectorOp.VPMADDWD, x1, x1, Constant.WORDS_OF_ONE.at(ARGUMENTS));
            a.op(VectorOp.VPADDD, acc, acc, x0);
            a.op(VectorOp.VPADDD, acc, acc, x1);
        } else {
            a.op(VectorOp.VPMADDUBSW, x0, q0, x0);
            a.op(VectorOp.VPMADDUBSW, x1, q1, x1);
            a.op(VectorOp.VPADDW, x0, x0, x1);
            a.op(VectorOp.VPMADDWD, x0, x0, Constant.WORDS_OF_ONE.at(ARGUMENTS));
            a.op(VectorOp.VPADDD, acc, acc, x0);
        }
    }
}
