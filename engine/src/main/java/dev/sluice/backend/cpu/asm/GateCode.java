package dev.sluice.backend.cpu.asm;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Machine code of gated activations, {@code gate = f(gate) ⊙ up} on heap arrays of floats: the first of a call holds the
 * gates, the second the factors, and for GELU the third the function's values.
 */
public final class GateCode {
    /** Function number of SiLU: x / (1 + exp(−x)). */
    public static final int SILU = 0;
    /**
     * Function number of a function that is given by its values for all half-precision arguments, in the order of their
     * bits. Arguments from {@link #LINEAR_FROM} on are their own values, the negative ones of that size give 0.
     */
    public static final int TABLE_OF_HALVES = 1;

    /** Byte offset of the first gate. */
    public static final int GATE = 0;
    /** Byte offset of the first factor. */
    public static final int UP = 8;
    /** How many numbers there are. */
    public static final int COUNT = 16;
    /** Address of the constants of {@link ExpCode}. */
    public static final int TABLE = 24;
    /** A float, where the table ends; see {@link #prepare}. */
    public static final int LINEAR_FROM = 64;

    private static final int MAGNITUDE = 128;
    private static final int INDICES = 192;
    private static final int LOOKED_UP = 256;
    /** Bytes of the block, which is aligned to 64. */
    public static final int ARGUMENTS = 320;

    private static final int GREATER_OR_EQUAL = 13;

    private static final Gpr ARGS = Gpr.RDI;
    private static final Gpr GATE_AT = Gpr.RSI;
    private static final Gpr UP_AT = Gpr.RDX;
    private static final Gpr VALUES = Gpr.RCX;
    private static final Gpr LEFT = Gpr.RAX;
    private static final Gpr CONSTANTS = Gpr.R8;
    private static final Gpr TEMP = Gpr.R9;

    private static final int X = 0;
    private static final int Y = 1;
    private static final int T = 2;
    private static final int N = 3;
    private static final int ARGUMENT = 4;

    private final Assembler a = new Assembler();
    private final Wide w;
    private final Vec lowest;

    private GateCode(boolean avx512) {
        w = new Wide(a, avx512);
        lowest = w.repeated(10);
    }

    /** Assembles both functions. */
    public static Program assemble(boolean avx512) {
        GateCode code = new GateCode(avx512);
        code.function(code::silu);
        code.a.align(32);
        int table = code.a.position();
        code.function(code::lookUp);
        return new Program(code.a.toBytes(), 0, table);
    }

    /** Fills in what all calls share. */
    public static void prepare(MemorySegment arguments, long expTable, float linearFrom) {
        arguments.set(ValueLayout.JAVA_LONG, TABLE, expTable);
        for (int i = 0; i < 16; i++) {
            arguments.set(ValueLayout.JAVA_FLOAT, LINEAR_FROM + 4L * i, linearFrom);
            arguments.set(ValueLayout.JAVA_INT, MAGNITUDE + 4L * i, 0x7fffffff);
        }
    }

    private void function(Runnable body) {
        Label units = new Label();
        Label rest = new Label();
        Label end = new Label();
        a.add(GATE_AT, Mem.at(ARGS, GATE));
        a.add(UP_AT, Mem.at(ARGS, UP));
        a.mov(LEFT, Mem.at(ARGS, COUNT));
        a.mov(CONSTANTS, Mem.at(ARGS, TABLE));
        a.op(VectorOp.VBROADCASTSS, lowest, ExpCode.lowest(CONSTANTS));
        a.bind(units);
        a.cmp(LEFT, 16);
        a.jump(Condition.LESS, rest);
        w.load(X, Mem.at(GATE_AT));
        body.run();
        w.op(VectorOp.VMULPS, Y, Y, Mem.at(UP_AT));
        w.store(Mem.at(GATE_AT), Y);
        a.add(GATE_AT, Wide.BYTES);
        a.add(UP_AT, Wide.BYTES);
        a.sub(LEFT, 16);
        a.jmp(units);
        // The last numbers one by one, each in lane 0.
        a.bind(rest);
        a.cmp(LEFT, 0);
        a.jump(Condition.EQUAL, end);
        w.zero(X);
        a.op(VectorOp.VMOVD, w.low(X), Mem.at(GATE_AT));
        body.run();
        a.op(VectorOp.VMOVD, w.low(X), Mem.at(UP_AT));
        a.op(VectorOp.VMULPS, w.low(Y), w.low(Y), w.low(X));
        a.store(VectorOp.VMOVD_STORE, Mem.at(GATE_AT), w.low(Y));
        a.add(GATE_AT, 4);
        a.add(UP_AT, 4);
        a.sub(LEFT, 1);
        a.jmp(rest);
        a.bind(end);
        a.vzeroupper();
        a.ret();
    }

    private void silu() {
        w.zero(ARGUMENT);
        w.op(VectorOp.VSUBPS, ARGUMENT, ARGUMENT, X);
        ExpCode.emit(w, CONSTANTS, ARGUMENT, Y, T, N, lowest);
        w.op(VectorOp.VADDPS, Y, Y, ExpCode.one(CONSTANTS));
        w.op(VectorOp.VDIVPS, Y, X, Y);
    }

    private void lookUp() {
        w.halves(N, X);
        w.store(Mem.at(ARGS, INDICES), N);
        for (int i = 0; i < 16; i++) {
            a.mov32(TEMP, Mem.at(ARGS, INDICES + 4 * i));
            a.mov32(TEMP, Mem.at(VALUES, TEMP, 4, 0));
            a.store32(Mem.at(ARGS, LOOKED_UP + 4 * i), TEMP);
        }
        w.load(Y, Mem.at(ARGS, LOOKED_UP));
        w.zero(T);
        w.op(VectorOp.VMAXPS, T, X, T);
        w.op(VectorOp.VPAND, N, X, Mem.at(ARGS, MAGNITUDE));
        w.load(ARGUMENT, Mem.at(ARGS, LINEAR_FROM));
        w.chooseWhere(GREATER_OR_EQUAL, N, ARGUMENT, Y, T);
    }
}
