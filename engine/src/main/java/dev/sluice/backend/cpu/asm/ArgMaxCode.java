package dev.sluice.backend.cpu.asm;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Machine code that looks for the largest of many floats in the first heap array. Each of 16 lanes keeps its largest, the
 * first of equals, and where it was; the caller puts them together. NaN is never larger.
 */
public final class ArgMaxCode {
    /** Byte offset of the first number. */
    public static final int X = 0;
    /** How many units of 16 numbers there are. */
    public static final int UNITS = 8;

    /** What {@link #prepare} sets: the lanes' first indices, and what is added to them. */
    private static final int FIRST = 64;

    private static final int STEP = 128;
    private static final int LOWEST = 132;
    /** The largest number of each lane, negative infinity if there is none. */
    public static final int MOST = 192;
    /** The index of each lane's largest number; its first if there is none. */
    public static final int WHERE = 256;
    /** Bytes of the block, which is aligned to 64. */
    public static final int ARGUMENTS = 320;

    private static final int GREATER = 0x1e;

    private static final Gpr ARGS = Gpr.RDI;
    private static final Gpr X_AT = Gpr.RSI;
    private static final Gpr LEFT = Gpr.RAX;

    private static final int NUMBER = 0;
    private static final int BEST = 1;
    private static final int BEST_AT = 2;
    private static final int INDEX = 3;
    private static final int LARGER = 4;

    private ArgMaxCode() {}

    /** Assembles the one function. */
    public static Program assemble(boolean avx512) {
        Assembler a = new Assembler();
        Wide w = new Wide(a, avx512);
        Vec step = w.repeated(10);
        Label units = new Label();
        Label end = new Label();
        a.add(X_AT, Mem.at(ARGS, X));
        a.mov(LEFT, Mem.at(ARGS, UNITS));
        w.loadRepeated(BEST, Mem.at(ARGS, LOWEST));
        w.load(INDEX, Mem.at(ARGS, FIRST));
        w.load(BEST_AT, Mem.at(ARGS, FIRST));
        a.op(VectorOp.VPBROADCASTD, step, Mem.at(ARGS, STEP));
        a.bind(units);
        a.cmp(LEFT, 0);
        a.jump(Condition.EQUAL, end);
        w.load(NUMBER, Mem.at(X_AT));
        // The second operand where one of them is none.
        w.op(VectorOp.VMAXPS, LARGER, NUMBER, BEST);
        w.chooseWhere(GREATER, NUMBER, BEST, BEST_AT, INDEX);
        w.op(VectorOp.VMOVUPS, BEST, LARGER);
        w.op(VectorOp.VPADDD, INDEX, INDEX, step);
        a.add(X_AT, Wide.BYTES);
        a.sub(LEFT, 1);
        a.jmp(units);
        a.bind(end);
        w.store(Mem.at(ARGS, MOST), BEST);
        w.store(Mem.at(ARGS, WHERE), BEST_AT);
        a.vzeroupper();
        a.ret();
        return new Program(a.toBytes(), 0);
    }

    /** Fills in what all calls share. */
    public static void prepare(MemorySegment arguments) {
        for (int i = 0; i < 16; i++) {
            arguments.set(ValueLayout.JAVA_INT, FIRST + 4L * i, i);
        }
        arguments.set(ValueLayout.JAVA_INT, STEP, 16);
        arguments.set(ValueLayout.JAVA_FLOAT, LOWEST, Float.NEGATIVE_INFINITY);
    }
}
