package dev.sluice.backend.cpu.asm;

import static dev.sluice.backend.cpu.asm.ByteDots.ARGUMENTS;

/**
 * Writes the rounding of a group of tokens' activations to bytes ({@link Int8Layout}), in AVX2: the scale of 32 columns is
 * their largest magnitude over 127, quants are rounded to the nearest, halves to even. Where one of the 32 is infinite or no
 * number the scale is no number, and so is every product with it. Then follows the list of residuals: of the blocks whose
 * scale is above a multiple of the mean scale of their token.
 */
final class Int8ConvertCode {
    private static final Gpr SOURCE = Gpr.RSI;
    private static final Gpr QUANTS = Gpr.R8;
    private static final Gpr FIELDS = Gpr.R9;
    private static final Gpr FIELD = Gpr.R10;
    private static final Gpr FIELD3 = Gpr.R11;
    private static final Gpr BLOCKS = Gpr.RCX;
    private static final Gpr RECORD = Gpr.RDX;
    private static final Gpr FIRST_SOURCE = Gpr.R12;
    private static final Gpr ROUNDED = Gpr.R13;
    private static final Gpr LIMIT = Gpr.R14;
    private static final Gpr TOKENS = Gpr.RBX;
    // of residuals
    private static final Gpr LIST = Gpr.R15;
    private static final Gpr BLOCK = Gpr.RBP;
    private static final Gpr WANTED = Gpr.RAX;
    private static final Gpr[] SAVED = {Gpr.RBX, Gpr.RBP, Gpr.R12, Gpr.R13, Gpr.R14, Gpr.R15};

    /** Predicate of a comparison: ordered, greater. */
    private static final int GREATER = 0x1e;

    /** Sum of a token's scales. */
    private static final Vec SCALES = Vec.xmm(9);

    private Int8ConvertCode() {}

    /** Writes the function. */
    static void write(Assembler a) {
        for (Gpr register : SAVED) {
            a.push(register);
        }
        a.add(SOURCE, argument(Arguments.SOURCE));
        a.mov(FIRST_SOURCE, SOURCE);
        a.mov(RECORD, argument(Arguments.BLOCK_BYTES));
        a.mov(FIELD, argument(Arguments.FIELD_BYTES));
        a.lea(FIELD3, Mem.at(FIELD, FIELD, 2, 0));
        tokens(a);
        residuals(a);
        for (int i = SAVED.length - 1; i >= 0; i--) {
            a.pop(SAVED[i]);
        }
        a.vzeroupper();
        a.ret();
    }

    /** Rounds all blocks of all tokens, and notes above which scale each token's blocks have residuals. */
    private static void tokens(Assembler a) {
        a.mov(TOKENS, argument(Arguments.TOKENS));
        a.mov(ROUNDED, argument(Arguments.RECORDS));
        a.lea(LIMIT, argument(Arguments.LIMITS));
        for (int i = 0; i < Int8Layout.MOST_TOKENS * Float.BYTES; i += Constant.BYTES) {
            a.op(VectorOp.VMOVUPS, Vec.ymm(0), Constant.INFINITY.at(ARGUMENTS));
            a.store(VectorOp.VMOVUPS_STORE, argument(Arguments.LIMITS + i), Vec.ymm(0));
        }
        a.mov(FIELDS, argument(Arguments.FIELDS));
        Label token = new Label();
        a.bind(token);
        a.mov(QUANTS, ROUNDED);
        a.mov(BLOCKS, argument(Arguments.BLOCKS));
        a.op(VectorOp.VPXOR, SCALES, SCALES, SCALES);
        a.push(SOURCE);
        a.push(FIELDS);
        Label block = new Label();
        a.align(32);
        a.bind(block);
        largest(a);
        scale(a);
        quants(a);
        sums(a);
        a.op(VectorOp.VADDPS, SCALES, SCALES, Vec.xmm(8));
        a.add(SOURCE, TileFormat.COLUMNS * Float.BYTES);
        a.add(QUANTS, RECORD);
        a.add(FIELDS, RECORD);
        a.sub(BLOCKS, 1);
        a.jump(Condition.NOT_EQUAL, block);
        a.op(VectorOp.VBROADCASTSS, Vec.xmm(0), argument(Arguments.LARGE));
        a.op(VectorOp.VMULPS, Vec.xmm(0), Vec.xmm(0), SCALES);
        a.store(VectorOp.VMOVD_STORE, Mem.at(LIMIT), Vec.xmm(0));
        a.pop(FIELDS);
        a.pop(SOURCE);
        a.add(SOURCE, argument(Arguments.SOURCE_STRIDE));
        a.add(ROUNDED, TileFormat.COLUMNS);
        a.add(FIELDS, Float.BYTES);
        a.add(LIMIT, Float.BYTES);
        a.sub(TOKENS, 1);
        a.jump(Condition.NOT_EQUAL, token);
    }

    /** Lists the blocks that have residuals, and rounds those for all tokens of the group. */
    private static void residuals(Assembler a) {
        Gpr roundedFields = Gpr.RCX;
        a.mov(ROUNDED, argument(Arguments.RECORDS));
        a.mov(roundedFields, argument(Arguments.FIELDS));
        a.mov(LIST, argument(Arguments.LIST));
        a.add(LIST, Long.BYTES);
        a.mov(QUANTS, argument(Arguments.RESIDUALS));
        a.mov(BLOCK, 0);
        Label block = new Label();
        Label next = new Label();
        a.align(32);
        a.bind(block);
        // Lanes beyond the tokens compare whatever follows with infinity.
        for (int i = 0; i < 2; i++) {
            a.op(VectorOp.VMOVUPS, Vec.ymm(i), Mem.at(roundedFields, 32 * i));
            a.op(VectorOp.VMOVUPS, Vec.ymm(2), argument(Arguments.LIMITS + 32 * i));
            a.op(VectorOp.VCMPPS_VEX, Vec.ymm(i), Vec.ymm(i), Vec.ymm(2), GREATER);
            a.op(VectorOp.VPAND, Vec.ymm(2), Vec.ymm(i), Constant.ONE.at(ARGUMENTS));
            a.store(VectorOp.VMOVUPS_STORE, argument(Arguments.WANTED + 32 * i), Vec.ymm(2));
        }
        a.op(VectorOp.VPOR, Vec.ymm(0), Vec.ymm(0), Vec.ymm(1));
        a.op(VectorOp.VPTEST, Vec.ymm(0), Vec.ymm(0));
        a.jump(Condition.EQUAL, next);
        a.store32(Mem.at(LIST), BLOCK);
        a.add(LIST, Integer.BYTES);
        a.push(ROUNDED);
        a.push(roundedFields);
        a.push(QUANTS);
        blockResiduals(a, roundedFields);
        a.pop(QUANTS);
        a.pop(roundedFields);
        a.pop(ROUNDED);
        a.add(QUANTS, RECORD);
        a.bind(next);
        a.add(ROUNDED, RECORD);
        a.add(roundedFields, RECORD);
        a.add(FIRST_SOURCE, TileFormat.COLUMNS * Float.BYTES);
        a.add(BLOCK, 1);
        a.cmp(BLOCK, argument(Arguments.BLOCKS));
        a.jump(Condition.NOT_EQUAL, block);
        a.mov(WANTED, argument(Arguments.LIST));
        a.sub(LIST, WANTED);
        a.sub(LIST, Long.BYTES);
        a.shr(LIST, 2);
        a.store(Mem.at(WANTED), LIST);
    }

    /** Rounds what is left of one block, for all tokens of the group. */
    private static void blockResiduals(Assembler a, Gpr roundedScale) {
        a.lea(FIELDS, Mem.at(QUANTS, FIELD, TileFormat.COLUMNS / Float.BYTES, 0));
        a.mov(SOURCE, FIRST_SOURCE);
        a.lea(WANTED, argument(Arguments.WANTED));
        a.mov(TOKENS, argument(Arguments.TOKENS));
        Label token = new Label();
        a.align(32);
        a.bind(token);
        a.op(VectorOp.VBROADCASTSS, Vec.ymm(8), Mem.at(roundedScale));
        for (int i = 0; i < 4; i++) {
            a.op(VectorOp.VMOVUPS, Vec.ymm(i), Mem.at(SOURCE, 32 * i));
            a.op(VectorOp.VPMOVSXBD, Vec.ymm(4), Mem.at(ROUNDED, 8 * i));
            a.op(VectorOp.VCVTDQ2PS, Vec.ymm(4), Vec.ymm(4));
            a.op(VectorOp.VFNMADD231PS, Vec.ymm(i), Vec.ymm(4), Vec.ymm(8));
        }
        a.op(VectorOp.VBROADCASTSS, Vec.ymm(4), Mem.at(WANTED));
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
        a.add(ROUNDED, TileFormat.COLUMNS);
        a.add(QUANTS, TileFormat.COLUMNS);
        for (Gpr number : new Gpr[] {roundedScale, FIELDS, WANTED}) {
            a.add(number, Float.BYTES);
        }
        a.sub(TOKENS, 1);
        a.jump(Condition.NOT_EQUAL, token);
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
