package dev.sluice.backend.cpu.asm;

import static dev.sluice.backend.cpu.asm.ByteDots.ARGUMENTS;

/**
 * Writes the rounding of one token's activations to bytes ({@link Int8Layout}), in AVX2: the scale of 32 columns is their
 * largest magnitude over 127, quants are rounded to the nearest, halves to even. Where one of the 32 is infinite or no
 * number the scale is no number, and so is every product with it.
 */
final class Int8ConvertCode {
    private static final Gpr SOURCE = Gpr.RSI;
    private static final Gpr QUANTS = Gpr.R8;
    private static final Gpr FIELDS = Gpr.R9;
    private static final Gpr FIELD = Gpr.R10;
    private static final Gpr FIELD3 = Gpr.R11;
    private static final Gpr BLOCKS = Gpr.RCX;
    private static final Gpr RECORD = Gpr.RDX;

    private Int8ConvertCode() {}

    static void write(Assembler a) {
        a.add(SOURCE, argument(Arguments.SOURCE));
        a.mov(BLOCKS, argument(Arguments.BLOCKS));
        a.mov(QUANTS, argument(Arguments.QUANTS));
        a.mov(FIELDS, argument(Arguments.FIELDS));
        a.mov(RECORD, argument(Arguments.BLOCK_BYTES));
        a.mov(FIELD, argument(Arguments.FIELD_BYTES));
        a.lea(FIELD3, Mem.at(FIELD, FIELD, 2, 0));
        Label block = new Label();
        a.align(32);
        a.bind(block);
        largest(a);
        scale(a);
        quants(a);
        sums(a);
        a.add(SOURCE, TileFormat.COLUMNS * Float.BYTES);
        a.add(QUANTS, RECORD);
        a.add(FIELDS, RECORD);
        a.sub(BLOCKS, 1);
        a.jump(Condition.NOT_EQUAL, block);
        a.vzeroupper();
        a.ret();
    }

    /** Writes the rounding of what is left of one block, for all tokens of a group. */
    static void writeResiduals(Assembler a) {
        Gpr roundedQuants = Gpr.RDX;
        Gpr roundedScale = Gpr.RCX;
        Gpr wanted = Gpr.RAX;
        Gpr tokens = Gpr.RBX;
        a.push(tokens);
        a.add(SOURCE, argument(Arguments.SOURCE));
        a.mov(QUANTS, argument(Arguments.QUANTS));
        a.mov(FIELDS, argument(Arguments.FIELDS));
        a.mov(FIELD, argument(Arguments.FIELD_BYTES));
        a.lea(FIELD3, Mem.at(FIELD, FIELD, 2, 0));
        a.mov(roundedQuants, argument(Arguments.ROUNDED_QUANTS));
        a.mov(roundedScale, argument(Arguments.ROUNDED_SCALES));
        a.lea(wanted, argument(Arguments.WANTED));
        a.mov(tokens, argument(Arguments.TOKENS));
        Label token = new Label();
        a.align(32);
        a.bind(token);
        a.op(VectorOp.VBROADCASTSS, Vec.ymm(8), Mem.at(roundedScale));
        for (int i = 0; i < 4; i++) {
            a.op(VectorOp.VMOVUPS, Vec.ymm(i), Mem.at(SOURCE, 32 * i));
            a.op(VectorOp.VPMOVSXBD, Vec.ymm(4), Mem.at(roundedQuants, 8 * i));
            a.op(VectorOp.VCVTDQ2PS, Vec.ymm(4), Vec.ymm(4));
            a.op(VectorOp.VFNMADD231PS, Vec.ymm(i), Vec.ymm(4), Vec.ymm(8));
        }
        a.op(VectorOp.VBROADCASTSS, Vec.ymm(4), Mem.at(wanted));
        a.op(VectorOp.VMOVUPS, Vec.ymm(5), Constant.RESIDUAL_STEPS.at(ARGUMENTS));
        a.op(VectorOp.VDIVPS, Vec.ymm(5), Vec.ymm(5), Vec.ymm(8));
        a.op(VectorOp.VMULPS, Vec.ymm(5), Vec.ymm(5), Vec.ymm(4));
        a.op(VectorOp.VMULPS, Vec.xmm(8), Vec.xmm(8), Constant.PER_RESIDUAL_STEP.at(ARGUMENTS));
        a.op(VectorOp.VMULPS, Vec.xmm(8), Vec.xmm(8), Vec.xmm(4));
        a.op(VectorOp.VPXOR, Vec.xmm(6), Vec.xmm(6), Vec.xmm(6));
        a.store(VectorOp.VMOVD_STORE, Mem.at(FIELDS), Vec.xmm(8));
        quants(a);
        sums(a);
        a.add(SOURCE, argument(Arguments.SOURCE_STRIDE));
        a.add(roundedQuants, TileFormat.COLUMNS);
        a.add(QUANTS, TileFormat.COLUMNS);
        for (Gpr number : new Gpr[] {roundedScale, FIELDS, wanted}) {
            a.add(number, Float.BYTES);
        }
        a.sub(tokens, 1);
        a.jump(Condition.NOT_EQUAL, token);
        a.pop(tokens);
        a.vzeroupper();
        a.ret();
    }

    private static Mem argument(int at) {
        return Mem.at(ARGUMENTS, at);
    }

    /** Register 4: the largest magnitude in all lanes, compared as integers so that NaN is larger than all. */
    private static void largest(Assembler a) {
        for (int i = 0; i < 4; i++) {
            a.op(VectorOp.VMOVUPS, Vec.ymm(i), Mem.at(SOURCE, 32 * i));
            a.op(VectorOp.VPAND, Vec.ymm(4 + i), Vec.ymm(i), Constant.ALL_BUT_SIGN.at(ARGUMENTS));
        }
        a.op(VectorOp.VPMAXSD, Vec.ymm(4), Vec.ymm(4), Vec.ymm(5));
        a.op(VectorOp.VPMAXSD, Vec.ymm(6), Vec.ymm(6), Vec.ymm(7));
        a.op(VectorOp.VPMAXSD, Vec.ymm(4), Vec.ymm(4), Vec.ymm(6));
        a.extract(VectorOp.VEXTRACTI128, Vec.xmm(5), Vec.ymm(4), 1);
        a.op(VectorOp.VPMAXSD, Vec.xmm(4), Vec.xmm(4), Vec.xmm(5));
        for (int swap : new int[] {0x4e, 0xb1}) {
            a.op(VectorOp.VPSHUFD, Vec.xmm(5), Vec.xmm(4), swap);
            a.op(VectorOp.VPMAXSD, Vec.xmm(4), Vec.xmm(4), Vec.xmm(5));
        }
        a.op(VectorOp.VPMAXSD, Vec.xmm(4), Vec.xmm(4), Constant.LEAST.at(ARGUMENTS));
    }

    /** Register 8: the scale; register 5: its reciprocal in all lanes. */
    private static void scale(Assembler a) {
        a.op(VectorOp.VMULPS, Vec.xmm(8), Vec.xmm(4), Constant.PER_QUANT.at(ARGUMENTS));
        // Adding 0 · max leaves a finite scale as it is and makes an infinite one no number.
        a.op(VectorOp.VPXOR, Vec.xmm(6), Vec.xmm(6), Vec.xmm(6));
        a.op(VectorOp.VFMADD231PS, Vec.xmm(8), Vec.xmm(4), Vec.xmm(6));
        a.op(VectorOp.VMOVUPS, Vec.xmm(5), Constant.MOST_QUANT.at(ARGUMENTS));
        a.op(VectorOp.VDIVPS, Vec.xmm(5), Vec.xmm(5), Vec.xmm(4));
        a.op(VectorOp.VPBROADCASTD, Vec.ymm(5), Vec.xmm(5));
        a.store(VectorOp.VMOVD_STORE, Mem.at(FIELDS), Vec.xmm(8));
    }

    /** Register 0: the 32 quants. */
    private static void quants(Assembler a) {
        for (int i = 0; i < 4; i++) {
            a.op(VectorOp.VMULPS, Vec.ymm(i), Vec.ymm(i), Vec.ymm(5));
            a.op(VectorOp.VCVTPS2DQ, Vec.ymm(i), Vec.ymm(i));
        }
        a.op(VectorOp.VPACKSSDW, Vec.ymm(0), Vec.ymm(0), Vec.ymm(1));
        a.op(VectorOp.VPACKSSDW, Vec.ymm(2), Vec.ymm(2), Vec.ymm(3));
        a.op(VectorOp.VPACKSSWB, Vec.ymm(0), Vec.ymm(0), Vec.ymm(2));
        a.op(VectorOp.VMOVDQU, Vec.ymm(1), argument(Arguments.UNPACKED_ORDER));
        a.op(VectorOp.VPERMD, Vec.ymm(0), Vec.ymm(1), Vec.ymm(0));
        a.store(VectorOp.VMOVDQU_STORE, Mem.at(QUANTS), Vec.ymm(0));
    }

    private static void sums(Assembler a) {
        a.op(VectorOp.VMOVDQU, Vec.ymm(1), Constant.BYTES_OF_ONE.at(ARGUMENTS));
        a.op(VectorOp.VPMADDUBSW, Vec.ymm(1), Vec.ymm(1), Vec.ymm(0));
        a.op(VectorOp.VPMADDWD, Vec.ymm(1), Vec.ymm(1), Constant.WORDS_OF_ONE.at(ARGUMENTS));
        // Both halves are added up at once, each in its own 128 bits.
        for (int swap : new int[] {0x4e, 0xb1}) {
            a.op(VectorOp.VPSHUFD, Vec.ymm(2), Vec.ymm(1), swap);
            a.op(VectorOp.VPADDD, Vec.ymm(1), Vec.ymm(1), Vec.ymm(2));
        }
        a.extract(VectorOp.VEXTRACTI128, Vec.xmm(2), Vec.ymm(1), 1);
        a.op(VectorOp.VPADDD, Vec.xmm(3), Vec.xmm(1), Vec.xmm(2));
        a.op(VectorOp.VCVTDQ2PS, Vec.xmm(7), Vec.xmm(3));
        a.op(VectorOp.VMULPS, Vec.xmm(7), Vec.xmm(7), Vec.xmm(8));
        for (int i = 1; i <= 3; i++) {
            a.op(VectorOp.VPSUBD, Vec.xmm(i), Vec.xmm(6), Vec.xmm(i));
        }
        a.store(VectorOp.VMOVD_STORE, Mem.at(FIELDS, FIELD, Int8Layout.SUM, 0), Vec.xmm(3));
        a.store(VectorOp.VMOVD_STORE, Mem.at(FIELDS, FIELD, Int8Layout.SCALED_SUM, 0), Vec.xmm(7));
        a.store(VectorOp.VMOVD_STORE, Mem.at(FIELDS, FIELD3, 1, 0), Vec.xmm(1));
        a.store(VectorOp.VMOVD_STORE, Mem.at(FIELDS, FIELD, Int8Layout.SECOND_SUM, 0), Vec.xmm(2));
    }
}
