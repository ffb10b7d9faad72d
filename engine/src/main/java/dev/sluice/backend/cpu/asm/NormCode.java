package dev.sluice.backend.cpu.asm;

/**
 * Machine code of RMSNorm in two functions, between which the caller takes root and quotient: the sum of squares, in
 * double precision, and {@code y = (x · factor) · gain}. x and y are in the first and second heap array, the gains in the
 * third.
 */
public final class NormCode {
    /** Function number of the sum of squares, which is left in {@link #SUM}. */
    public static final int SUM_OF_SQUARES = 0;
    /** Function number of the products. */
    public static final int SCALE = 1;

    /** Byte offset of x. */
    public static final int X = 0;
    /** Byte offset of y. */
    public static final int Y = 8;
    /** How many numbers there are. */
    public static final int COUNT = 16;
    /** A double: the sum of squares. */
    public static final int SUM = 24;
    /** A float. */
    public static final int FACTOR = 32;
    /** Bytes of the block. */
    public static final int ARGUMENTS = 40;

    private static final Gpr ARGS = Gpr.RDI;
    private static final Gpr X_AT = Gpr.RSI;
    private static final Gpr Y_AT = Gpr.RDX;
    private static final Gpr GAIN_AT = Gpr.RCX;
    private static final Gpr LEFT = Gpr.RAX;

    private final Assembler a = new Assembler();
    private final boolean avx512;

    private NormCode(boolean avx512) {
        this.avx512 = avx512;
    }

    /** Assembles both functions. */
    public static Program assemble(boolean avx512) {
        NormCode code = new NormCode(avx512);
        code.squares();
        code.a.align(32);
        int scale = code.a.position();
        code.scale(new Wide(code.a, avx512));
        return new Program(code.a.toBytes(), 0, scale);
    }

    /** Sixteen sums: lane i of all that have i as their place in a unit. Those that fill no unit have a sum of their own. */
    private void squares() {
        int lanes = avx512 ? 8 : 4;
        int registers = 16 / lanes;
        int rest = registers;
        Label units = new Label();
        Label ones = new Label();
        Label end = new Label();
        a.add(X_AT, Mem.at(ARGS, X));
        a.mov(LEFT, Mem.at(ARGS, COUNT));
        for (int i = 0; i <= registers; i++) {
            a.op(VectorOp.VPXOR, doubles(i), doubles(i), doubles(i));
        }
        a.bind(units);
        a.cmp(LEFT, 16);
        a.jump(Condition.LESS, ones);
        for (int i = 0; i < registers; i++) {
            a.op(VectorOp.VCVTPS2PD, doubles(8), Mem.at(X_AT, 4 * lanes * i));
            a.op(VectorOp.VFMADD231PD, doubles(i), doubles(8), doubles(8));
        }
        a.add(X_AT, Wide.BYTES);
        a.sub(LEFT, 16);
        a.jmp(units);
        a.bind(ones);
        a.cmp(LEFT, 0);
        a.jump(Condition.EQUAL, end);
        a.op(VectorOp.VMOVD, Vec.xmm(8), Mem.at(X_AT));
        a.op(VectorOp.VCVTPS2PD, Vec.xmm(8), Vec.xmm(8));
        a.op(VectorOp.VFMADD231PD, Vec.xmm(rest), Vec.xmm(8), Vec.xmm(8));
        a.add(X_AT, 4);
        a.sub(LEFT, 1);
        a.jmp(ones);
        a.bind(end);
        // Lane i with i + 8, i + 4, i + 2, i + 1, whatever the width.
        for (int i = 0; i < registers / 2; i++) {
            a.op(VectorOp.VADDPD, doubles(i), doubles(i), doubles(i + registers / 2));
        }
        if (avx512) {
            a.extract(VectorOp.VEXTRACTI64X4, Vec.ymm(1), Vec.zmm(0), 1);
        }
        a.op(VectorOp.VADDPD, Vec.ymm(0), Vec.ymm(0), Vec.ymm(1));
        a.extract(VectorOp.VEXTRACTI128, Vec.xmm(1), Vec.ymm(0), 1);
        a.op(VectorOp.VADDPD, Vec.xmm(0), Vec.xmm(0), Vec.xmm(1));
        a.op(VectorOp.VPSHUFD, Vec.xmm(1), Vec.xmm(0), 0x4e);
        a.op(VectorOp.VADDPD, Vec.xmm(0), Vec.xmm(0), Vec.xmm(1));
        a.op(VectorOp.VADDPD, Vec.xmm(0), Vec.xmm(0), Vec.xmm(rest));
        // The lower half of the register, through its two words.
        a.store(VectorOp.VMOVD_STORE, Mem.at(ARGS, SUM), Vec.xmm(0));
        a.op(VectorOp.VPSHUFD, Vec.xmm(0), Vec.xmm(0), 0x55);
        a.store(VectorOp.VMOVD_STORE, Mem.at(ARGS, SUM + 4), Vec.xmm(0));
        a.vzeroupper();
        a.ret();
    }

    private Vec doubles(int register) {
        return avx512 ? Vec.zmm(register) : Vec.ymm(register);
    }

    private void scale(Wide w) {
        Vec factor = w.repeated(10);
        Label units = new Label();
        Label ones = new Label();
        Label end = new Label();
        a.add(X_AT, Mem.at(ARGS, X));
        a.add(Y_AT, Mem.at(ARGS, Y));
        a.mov(LEFT, Mem.at(ARGS, COUNT));
        a.op(VectorOp.VBROADCASTSS, factor, Mem.at(ARGS, FACTOR));
        a.bind(units);
        a.cmp(LEFT, 16);
        a.jump(Condition.LESS, ones);
        w.load(0, Mem.at(X_AT));
        w.op(VectorOp.VMULPS, 0, 0, factor);
        w.op(VectorOp.VMULPS, 0, 0, Mem.at(GAIN_AT));
        w.store(Mem.at(Y_AT), 0);
        for (Gpr at : new Gpr[] {X_AT, Y_AT, GAIN_AT}) {
            a.add(at, Wide.BYTES);
        }
        a.sub(LEFT, 16);
        a.jmp(units);
        a.bind(ones);
        a.cmp(LEFT, 0);
        a.jump(Condition.EQUAL, end);
        a.op(VectorOp.VMOVD, Vec.xmm(0), Mem.at(X_AT));
        a.op(VectorOp.VMOVD, Vec.xmm(1), Mem.at(GAIN_AT));
        a.op(VectorOp.VMULPS, Vec.xmm(0), Vec.xmm(0), factor.as(128));
        a.op(VectorOp.VMULPS, Vec.xmm(0), Vec.xmm(0), Vec.xmm(1));
        a.store(VectorOp.VMOVD_STORE, Mem.at(Y_AT), Vec.xmm(0));
        for (Gpr at : new Gpr[] {X_AT, Y_AT, GAIN_AT}) {
            a.add(at, 4);
        }
        a.sub(LEFT, 1);
        a.jmp(ones);
        a.bind(end);
        a.vzeroupper();
        a.ret();
    }
}
