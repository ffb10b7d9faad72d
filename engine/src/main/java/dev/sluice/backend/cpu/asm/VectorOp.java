package dev.sluice.backend.cpu.asm;

/**
 * A vector instruction: the fields of its VEX and EVEX encodings. Forms that read like {@code OP dst, src1, src2/mem},
 * {@code OP dst, src/mem}, with or without a constant, share one emitter each in {@link Assembler}.
 */
public enum VectorOp {
    // single-precision arithmetic
    VADDPS(Map.M0F, Prefix.NONE, 0x58, Tuple.FULL),
    VSUBPS(Map.M0F, Prefix.NONE, 0x5c, Tuple.FULL),
    VMULPS(Map.M0F, Prefix.NONE, 0x59, Tuple.FULL),
    VDIVPS(Map.M0F, Prefix.NONE, 0x5e, Tuple.FULL),
    VMINPS(Map.M0F, Prefix.NONE, 0x5d, Tuple.FULL),
    VMAXPS(Map.M0F, Prefix.NONE, 0x5f, Tuple.FULL),
    /** dst = src1 · src2 + dst. */
    VFMADD231PS(Map.M0F38, Prefix.P66, 0xb8, Tuple.FULL),
    /** dst = src1 · dst + src2. */
    VFMADD213PS(Map.M0F38, Prefix.P66, 0xa8, Tuple.FULL),
    /** dst = dst − src1 · src2. */
    VFNMADD231PS(Map.M0F38, Prefix.P66, 0xbc, Tuple.FULL),
    // double-precision arithmetic
    VADDPD(Map.M0F, Prefix.P66, 0x58, Tuple.FULL_64),
    VFMADD231PD(Map.M0F38, Prefix.P66, 0xb8, Tuple.FULL_64),
    // conversions
    VCVTDQ2PS(Map.M0F, Prefix.NONE, 0x5b, Tuple.FULL),
    VCVTPS2DQ(Map.M0F, Prefix.P66, 0x5b, Tuple.FULL),
    VCVTPH2PS(Map.M0F38, Prefix.P66, 0x13, Tuple.HALF),
    /** The destination, register or memory, is the r/m operand. */
    VCVTPS2PH(Map.M0F3A, Prefix.P66, 0x1d, Tuple.HALF),
    VCVTPS2PD(Map.M0F, Prefix.NONE, 0x5a, Tuple.HALF),
    VPMOVSXBD(Map.M0F38, Prefix.P66, 0x21, Tuple.QUARTER),
    VPMOVZXBD(Map.M0F38, Prefix.P66, 0x31, Tuple.QUARTER),
    VPMOVZXWD(Map.M0F38, Prefix.P66, 0x33, Tuple.HALF),
    VPMOVZXDQ(Map.M0F38, Prefix.P66, 0x35, Tuple.HALF),
    // integer arithmetic and bits
    VPADDD(Map.M0F, Prefix.P66, 0xfe, Tuple.FULL),
    VPSUBD(Map.M0F, Prefix.P66, 0xfa, Tuple.FULL),
    VPADDW(Map.M0F, Prefix.P66, 0xfd, Tuple.FULL_MEM),
    VPMAXSD(Map.M0F38, Prefix.P66, 0x3d, Tuple.FULL),
    /** VPANDD as EVEX. */
    VPAND(Map.M0F, Prefix.P66, 0xdb, Tuple.FULL),
    VPANDN(Map.M0F, Prefix.P66, 0xdf, Tuple.FULL),
    VPOR(Map.M0F, Prefix.P66, 0xeb, Tuple.FULL),
    VPXOR(Map.M0F, Prefix.P66, 0xef, Tuple.FULL),
    VPTERNLOGD(Map.M0F3A, Prefix.P66, 0x25, Tuple.FULL, Form.EVEX),
    /** Pairs of products of unsigned with signed bytes, added with 16-bit saturation. */
    VPMADDUBSW(Map.M0F38, Prefix.P66, 0x04, Tuple.FULL_MEM),
    /** Pairs of products of 16-bit numbers, added to 32 bits. */
    VPMADDWD(Map.M0F, Prefix.P66, 0xf5, Tuple.FULL_MEM),
    /** dst += four products of unsigned bytes of src1 with signed bytes of src2 (AVX-512 VNNI). */
    VPDPBUSD(Map.M0F38, Prefix.P66, 0x50, Tuple.FULL, Form.EVEX),
    /** The same, of AVX-VNNI. */
    VPDPBUSD_VEX(Map.M0F38, Prefix.P66, 0x50, Tuple.FULL, Form.VEX),
    VPABSB(Map.M0F38, Prefix.P66, 0x1c, Tuple.FULL_MEM),
    /** dst = src1, negated where src2 is negative, 0 where it is 0 (AVX2 only). */
    VPSIGNB(Map.M0F38, Prefix.P66, 0x08, Tuple.FULL_MEM, Form.VEX),
    // shuffles
    VPSHUFD(Map.M0F, Prefix.P66, 0x70, Tuple.FULL),
    /** dst = src2 by the indices in src1; 256 bits or more. */
    VPERMD(Map.M0F38, Prefix.P66, 0x36, Tuple.FULL),
    VPACKSSDW(Map.M0F, Prefix.P66, 0x6b, Tuple.FULL),
    VPACKSSWB(Map.M0F, Prefix.P66, 0x63, Tuple.FULL_MEM),
    VEXTRACTI128(Map.M0F3A, Prefix.P66, 0x39, Tuple.FULL_MEM, Form.VEX),
    VEXTRACTI64X4(Map.M0F3A, Prefix.P66, 0x3b, Tuple.FULL_64, Form.EVEX),
    VBROADCASTSS(Map.M0F38, Prefix.P66, 0x18, Tuple.ELEMENT),
    VPBROADCASTD(Map.M0F38, Prefix.P66, 0x58, Tuple.ELEMENT),
    // comparisons into a vector (VEX) and choice by it
    VCMPPS_VEX(Map.M0F, Prefix.NONE, 0xc2, Tuple.FULL, Form.VEX),
    /** Sets the zero flag if no bit of src1 is set in src2. */
    VPTEST(Map.M0F38, Prefix.P66, 0x17, Tuple.FULL_MEM, Form.VEX),
    // loads and stores; the store's memory is the r/m operand
    VMOVUPS(Map.M0F, Prefix.NONE, 0x10, Tuple.FULL_MEM),
    VMOVUPS_STORE(Map.M0F, Prefix.NONE, 0x11, Tuple.FULL_MEM),
    /** VMOVDQU32 as EVEX. */
    VMOVDQU(Map.M0F, Prefix.F3, 0x6f, Tuple.FULL_MEM),
    VMOVDQU_STORE(Map.M0F, Prefix.F3, 0x7f, Tuple.FULL_MEM),
    /** One 32-bit number between memory and the lowest lane; 128 bits. */
    VMOVD(Map.M0F, Prefix.P66, 0x6e, Tuple.ELEMENT),
    VMOVD_STORE(Map.M0F, Prefix.P66, 0x7e, Tuple.ELEMENT);

    /** Opcode map. */
    enum Map {
        M0F(1),
        M0F38(2),
        M0F3A(3);

        final int code;

        Map(int code) {
            this.code = code;
        }
    }

    /** The legacy prefix that became part of the opcode. */
    enum Prefix {
        NONE(0),
        P66(1),
        F3(2),
        F2(3);

        final int code;

        Prefix(int code) {
            this.code = code;
        }
    }

    /** How much memory the operand takes, which also scales EVEX's one-byte displacements. */
    enum Tuple {
        /** A whole vector, or one 32-bit element broadcast. */
        FULL,
        /** A whole vector of 64-bit elements (W = 1 in EVEX). */
        FULL_64,
        /** A whole vector, never broadcast. */
        FULL_MEM,
        HALF,
        QUARTER,
        /** One 32-bit element. */
        ELEMENT
    }

    /** Which encodings exist. */
    enum Form {
        BOTH,
        VEX,
        EVEX
    }

    final Map map;
    final Prefix prefix;
    final int opcode;
    final Tuple tuple;
    final Form form;

    VectorOp(Map map, Prefix prefix, int opcode, Tuple tuple) {
        this(map, prefix, opcode, tuple, Form.BOTH);
    }

    VectorOp(Map map, Prefix prefix, int opcode, Tuple tuple, Form form) {
        this.map = map;
        this.prefix = prefix;
        this.opcode = opcode;
        this.tuple = tuple;
        this.form = form;
    }

    /** Whether there is one source, so that the second register field has to stay empty. */
    boolean oneSource() {
        return switch (this) {
            case VCVTDQ2PS,
                    VCVTPS2DQ,
                    VCVTPH2PS,
                    VCVTPS2PH,
                    VCVTPS2PD,
                    VPMOVSXBD,
                    VPMOVZXBD,
                    VPMOVZXWD,
                    VPMOVZXDQ,
                    VPABSB,
                    VPSHUFD,
                    VPTEST,
                    VEXTRACTI128,
                    VEXTRACTI64X4,
                    VBROADCASTSS,
                    VPBROADCASTD,
                    VMOVUPS,
                    VMOVUPS_STORE,
                    VMOVDQU,
                    VMOVDQU_STORE,
                    VMOVD,
                    VMOVD_STORE -> true;
            default -> false;
        };
    }

    /** Bytes that the memory operand takes. */
    int memoryBytes(int bits, boolean broadcast) {
        return switch (tuple) {
            case FULL -> broadcast ? 4 : bits / 8;
            case FULL_64, FULL_MEM -> bits / 8;
            case HALF -> bits / 16;
            case QUARTER -> bits / 32;
            case ELEMENT -> 4;
        };
    }

    /** The W bit; VEX ignores it in most instructions. */
    boolean wide(boolean evex) {
        return evex ? tuple == Tuple.FULL_64 : this == VFMADD231PD;
    }
}
