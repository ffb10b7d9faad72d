package dev.sluice.backend.cpu.asm;

/**
 * Machine code that turns rows of scores into weights relative to the largest score so far, and brings what was summed
 * before to the same measure: a step of the running softmax (Milakov and Gimelshein 2018). A row is one query; all rows
 * of a call see the same positions.
 *
 * <p>For each row: {@code m' = max(m, scale · max x)}, {@code f = exp(m − m')}, {@code x = exp(scale · x − m')},
 * {@code s = s · f + Σ x}, {@code out = out · f}. Scores outside the range that is seen become weights of 0.
 */
public final class SoftmaxCode {
    /** Address of the first row of scores. */
    public static final int SCORES = 0;
    /** Bytes from one row to the next. */
    public static final int SCORES_STRIDE = 8;
    /** How many rows there are, at least one. */
    public static final int ROWS = 16;
    /** Scores of a row, in units of 16; at least one unit. */
    public static final int UNITS = 24;
    /** First score that is seen; before {@link #TO}. */
    public static final int FROM = 32;
    /** End, exclusive, of the scores that are seen. */
    public static final int TO = 40;
    /** A float: the factor of all scores. */
    public static final int SCALE = 48;
    /** Address of the constants of {@link ExpCode}. */
    public static final int TABLE = 56;
    /** Address of two floats for each row: the maximum and the sum. */
    public static final int STATE = 64;
    /** Address of the first row of sums to be brought to the new measure. */
    public static final int OUT = 72;
    /** Bytes from one of those rows to the next. */
    public static final int OUT_STRIDE = 80;
    /** Floats of such a row, in units of 16; 0 if there is nothing yet. */
    public static final int OUT_UNITS = 88;
    /** Bytes of the block. */
    public static final int ARGUMENTS = 96;

    private static final Gpr ARGS = Gpr.RDI;
    private static final Gpr ROW = Gpr.RSI;
    private static final Gpr STATE_AT = Gpr.RDX;
    private static final Gpr OUT_AT = Gpr.RCX;
    private static final Gpr CONSTANTS = Gpr.R8;
    private static final Gpr ROWS_LEFT = Gpr.R9;
    private static final Gpr AT = Gpr.RAX;
    private static final Gpr COUNT = Gpr.R10;
    private static final Gpr TEMP = Gpr.R11;

    // units
    private static final int X = 0;
    private static final int Y = 1;
    private static final int T = 2;
    private static final int N = 3;
    private static final int SUM = 4;

    private final Assembler a = new Assembler();
    private final Wide w;
    private final Vec lowest;
    private final Vec scale;
    private final Vec max;

    private SoftmaxCode(boolean avx512) {
        w = new Wide(a, avx512);
        // Behind the registers of the units in use.
        lowest = w.repeated(10);
        scale = w.repeated(11);
        max = w.repeated(12);
    }

    /** Assembles the one function. */
    public static Program assemble(boolean avx512) {
        SoftmaxCode code = new SoftmaxCode(avx512);
        code.function();
        return new Program(code.a.toBytes(), 0);
    }

    private void function() {
        a.mov(CONSTANTS, Mem.at(ARGS, TABLE));
        a.mov(ROW, Mem.at(ARGS, SCORES));
        a.mov(STATE_AT, Mem.at(ARGS, STATE));
        a.mov(OUT_AT, Mem.at(ARGS, OUT));
        a.mov(ROWS_LEFT, Mem.at(ARGS, ROWS));
        a.op(VectorOp.VBROADCASTSS, scale, Mem.at(ARGS, SCALE));
        a.op(VectorOp.VBROADCASTSS, lowest, ExpCode.lowest(CONSTANTS));
        Label row = new Label();
        a.bind(row);
        hide();
        maximum();
        adjust();
        exponentials();
        a.add(ROW, Mem.at(ARGS, SCORES_STRIDE));
        a.add(OUT_AT, Mem.at(ARGS, OUT_STRIDE));
        a.add(STATE_AT, 8);
        a.sub(ROWS_LEFT, 1);
        a.jump(Condition.NOT_EQUAL, row);
        a.vzeroupper();
        a.ret();
    }

    /** Scores outside what is seen become -∞. */
    private void hide() {
        Label before = new Label();
        Label beforeDone = new Label();
        Label after = new Label();
        Label afterDone = new Label();
        a.mov(TEMP, Float.floatToRawIntBits(Float.NEGATIVE_INFINITY));
        a.mov(COUNT, Mem.at(ARGS, FROM));
        a.bind(before);
        a.cmp(COUNT, 0);
        a.jump(Condition.EQUAL, beforeDone);
        a.store32(Mem.at(ROW, COUNT, 4, -4), TEMP);
        a.sub(COUNT, 1);
        a.jmp(before);
        a.bind(beforeDone);
        a.mov(COUNT, Mem.at(ARGS, TO));
        a.mov(AT, Mem.at(ARGS, UNITS));
        a.shl(AT, 4);
        a.bind(after);
        a.cmp(COUNT, AT);
        a.jump(Condition.GREATER_OR_EQUAL, afterDone);
        a.store32(Mem.at(ROW, COUNT, 4, 0), TEMP);
        a.add(COUNT, 1);
        a.jmp(after);
        a.bind(afterDone);
    }

    private void maximum() {
        Label loop = new Label();
        w.load(SUM, ExpCode.negativeInfinity(CONSTANTS));
        a.mov(AT, ROW);
        a.mov(COUNT, Mem.at(ARGS, UNITS));
        a.bind(loop);
        w.load(X, Mem.at(AT));
        w.op(VectorOp.VMULPS, X, X, scale);
        w.op(VectorOp.VMAXPS, SUM, SUM, X);
        a.add(AT, Wide.BYTES);
        a.sub(COUNT, 1);
        a.jump(Condition.NOT_EQUAL, loop);
        w.fold(VectorOp.VMAXPS, SUM, T);
        w.loadRepeated(X, Mem.at(STATE_AT));
        a.op(VectorOp.VMAXPS, w.low(SUM), w.low(SUM), w.low(X));
        w.repeat(max, SUM);
        a.store(VectorOp.VMOVD_STORE, Mem.at(STATE_AT), w.low(SUM));
    }

    /** X holds the old maximum. */
    private void adjust() {
        Label loop = new Label();
        Label done = new Label();
        w.op(VectorOp.VSUBPS, X, X, max);
        ExpCode.emit(w, CONSTANTS, X, Y, T, N, lowest);
        a.op(VectorOp.VMOVD, w.low(X), Mem.at(STATE_AT, 4));
        a.op(VectorOp.VMULPS, w.low(X), w.low(X), w.low(Y));
        a.store(VectorOp.VMOVD_STORE, Mem.at(STATE_AT, 4), w.low(X));
        a.mov(AT, OUT_AT);
        a.mov(COUNT, Mem.at(ARGS, OUT_UNITS));
        a.bind(loop);
        a.cmp(COUNT, 0);
        a.jump(Condition.EQUAL, done);
        w.op(VectorOp.VMULPS, X, Y, Mem.at(AT));
        w.store(Mem.at(AT), X);
        a.add(AT, Wide.BYTES);
        a.sub(COUNT, 1);
        a.jmp(loop);
        a.bind(done);
    }

    private void exponentials() {
        Label loop = new Label();
        w.zero(SUM);
        a.mov(AT, ROW);
        a.mov(COUNT, Mem.at(ARGS, UNITS));
        a.bind(loop);
        w.load(X, Mem.at(AT));
        w.op(VectorOp.VMULPS, X, X, scale);
        w.op(VectorOp.VSUBPS, X, X, max);
        ExpCode.emit(w, CONSTANTS, X, Y, T, N, lowest);
        w.store(Mem.at(AT), Y);
        w.op(VectorOp.VADDPS, SUM, SUM, Y);
        a.add(AT, Wide.BYTES);
        a.sub(COUNT, 1);
        a.jump(Condition.NOT_EQUAL, loop);
        w.fold(VectorOp.VADDPS, SUM, T);
        a.op(VectorOp.VMOVD, w.low(T), Mem.at(STATE_AT, 4));
        a.op(VectorOp.VADDPS, w.low(SUM), w.low(SUM), w.low(T));
        a.store(VectorOp.VMOVD_STORE, Mem.at(STATE_AT, 4), w.low(SUM));
    }
}
