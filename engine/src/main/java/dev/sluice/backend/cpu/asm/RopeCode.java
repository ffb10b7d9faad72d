package dev.sluice.backend.cpu.asm;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Machine code that turns pairs of numbers, {@code a' = a·cos − b·sin} and {@code b' = a·sin + b·cos}, for some heads at one
 * position. x and y are in the first and second heap array; the third holds a cosine for each pair and behind them the
 * sines. What a head has beyond its pairs is left alone.
 */
public final class RopeCode {
    /** Function number for pairs of elements i and i + n of a head. */
    public static final int HALVES = 0;
    /** Function number for pairs of elements 2i and 2i + 1. */
    public static final int INTERLEAVED = 1;

    /** Byte offset of the first head of x. */
    public static final int X = 0;
    /** Byte offset of the first head of y. */
    public static final int Y = 8;
    /** Byte offset of the first cosine. */
    public static final int ANGLES = 16;
    /** How many pairs a head has. */
    public static final int PAIRS = 24;
    /** How many heads there are, at least one. */
    public static final int HEADS = 32;
    /** Bytes from a head to the next. */
    public static final int HEAD_BYTES = 40;

    /** What turns the sign of even lanes; see {@link #prepare}. */
    private static final int SIGNS = 64;
    /** Bytes of the block, which is aligned to 64. */
    public static final int ARGUMENTS = 128;

    private static final Gpr ARGS = Gpr.RDI;
    private static final Gpr X_AT = Gpr.RSI;
    private static final Gpr Y_AT = Gpr.RDX;
    private static final Gpr COS_AT = Gpr.RCX;
    private static final Gpr LEFT = Gpr.RAX;
    private static final Gpr COUNT = Gpr.R8;
    private static final Gpr HEADS_LEFT = Gpr.R9;
    /** What leads from the end of a head's pairs to the next head. */
    private static final Gpr STEP = Gpr.R10;
    /** Bytes of one number for each pair: from cosine to sine, and in halves from a to b. */
    private static final Gpr SPAN = Gpr.R11;

    private static final int A = 0;
    private static final int B = 1;
    private static final int COS = 2;
    private static final int SIN = 3;
    private static final int T = 4;
    private static final int U = 5;

    private final Assembler a = new Assembler();
    private final Wide w;

    private RopeCode(boolean avx512) {
        w = new Wide(a, avx512);
    }

    /** Assembles both functions. */
    public static Program assemble(boolean avx512) {
        RopeCode code = new RopeCode(avx512);
        code.function(4, 16, code::halves, SPAN_IS_B);
        code.a.align(32);
        int interleaved = code.a.position();
        code.function(8, 8, code::interleaved, NEXT_IS_B);
        return new Program(code.a.toBytes(), 0, interleaved);
    }

    private static final Mem SPAN_IS_B = Mem.at(X_AT, SPAN, 1, 0);
    private static final Mem NEXT_IS_B = Mem.at(X_AT, 4);

    /** Fills in what all calls share. */
    public static void prepare(MemorySegment arguments) {
        for (int i = 0; i < 16; i += 2) {
            arguments.set(ValueLayout.JAVA_INT, SIGNS + 4L * i, 1 << 31);
            arguments.set(ValueLayout.JAVA_INT, SIGNS + 4L * i + 4, 0);
        }
    }

    /**
     * One function.
     *
     * @param pairBytes how far x goes with each pair
     * @param unit how many pairs the body takes at once
     * @param b where the second number of x's next pair is
     */
    private void function(int pairBytes, int unit, Runnable body, Mem b) {
        Label head = new Label();
        Label units = new Label();
        Label ones = new Label();
        Label end = new Label();
        a.add(X_AT, Mem.at(ARGS, X));
        a.add(Y_AT, Mem.at(ARGS, Y));
        a.add(COS_AT, Mem.at(ARGS, ANGLES));
        a.mov(COUNT, Mem.at(ARGS, PAIRS));
        a.mov(HEADS_LEFT, Mem.at(ARGS, HEADS));
        a.imul(LEFT, COUNT, pairBytes);
        a.mov(STEP, Mem.at(ARGS, HEAD_BYTES));
        a.sub(STEP, LEFT);
        a.imul(SPAN, COUNT, 4);
        a.bind(head);
        a.mov(LEFT, COUNT);
        a.bind(units);
        a.cmp(LEFT, unit);
        a.jump(Condition.LESS, ones);
        body.run();
        advance(unit * pairBytes, 4 * unit);
        a.sub(LEFT, unit);
        a.jmp(units);
        a.bind(ones);
        a.cmp(LEFT, 0);
        a.jump(Condition.EQUAL, end);
        one(b, new Mem(Y_AT, b.index(), 1, b.disp(), false));
        advance(pairBytes, 4);
        a.sub(LEFT, 1);
        a.jmp(ones);
        a.bind(end);
        a.add(X_AT, STEP);
        a.add(Y_AT, STEP);
        a.sub(COS_AT, SPAN);
        a.sub(HEADS_LEFT, 1);
        a.jump(Condition.NOT_EQUAL, head);
        a.vzeroupper();
        a.ret();
    }

    private void advance(int x, int cos) {
        a.add(X_AT, x);
        a.add(Y_AT, x);
        a.add(COS_AT, cos);
    }

    private void halves() {
        w.load(A, Mem.at(X_AT));
        w.load(B, SPAN_IS_B);
        w.load(COS, Mem.at(COS_AT));
        w.load(SIN, Mem.at(COS_AT, SPAN, 1, 0));
        w.op(VectorOp.VMULPS, T, A, COS);
        w.op(VectorOp.VMULPS, U, B, SIN);
        w.op(VectorOp.VSUBPS, T, T, U);
        w.store(Mem.at(Y_AT), T);
        w.op(VectorOp.VMULPS, A, A, SIN);
        w.op(VectorOp.VMULPS, B, B, COS);
        w.op(VectorOp.VADDPS, A, A, B);
        w.store(Mem.at(Y_AT, SPAN, 1, 0), A);
    }

    /** Each cosine and sine is needed in two lanes, the sine of the first with its sign turned. */
    private void interleaved() {
        w.load(A, Mem.at(X_AT));
        w.shuffle(B, A, 0xb1);
        w.op(VectorOp.VPMOVZXDQ, COS, Mem.at(COS_AT), Wide.BYTES / 2);
        w.shuffle(COS, COS, 0xa0);
        w.op(VectorOp.VPMOVZXDQ, SIN, Mem.at(COS_AT, SPAN, 1, 0), Wide.BYTES / 2);
        w.shuffle(SIN, SIN, 0xa0);
        w.op(VectorOp.VPXOR, SIN, SIN, Mem.at(ARGS, SIGNS));
        w.op(VectorOp.VMULPS, A, A, COS);
        w.op(VectorOp.VMULPS, B, B, SIN);
        w.op(VectorOp.VADDPS, A, A, B);
        w.store(Mem.at(Y_AT), A);
    }

    private void one(Mem b, Mem toB) {
        a.op(VectorOp.VMOVD, w.low(A), Mem.at(X_AT));
        a.op(VectorOp.VMOVD, w.low(B), b);
        a.op(VectorOp.VMOVD, w.low(COS), Mem.at(COS_AT));
        a.op(VectorOp.VMOVD, w.low(SIN), Mem.at(COS_AT, SPAN, 1, 0));
        a.op(VectorOp.VMULPS, w.low(T), w.low(A), w.low(COS));
        a.op(VectorOp.VMULPS, w.low(U), w.low(B), w.low(SIN));
        a.op(VectorOp.VSUBPS, w.low(T), w.low(T), w.low(U));
        a.store(VectorOp.VMOVD_STORE, Mem.at(Y_AT), w.low(T));
        a.op(VectorOp.VMULPS, w.low(A), w.low(A), w.low(SIN));
        a.op(VectorOp.VMULPS, w.low(B), w.low(B), w.low(COS));
        a.op(VectorOp.VADDPS, w.low(A), w.low(A), w.low(B));
        a.store(VectorOp.VMOVD_STORE, toB, w.low(A));
    }
}
