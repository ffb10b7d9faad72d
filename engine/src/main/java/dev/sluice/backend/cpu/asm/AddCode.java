package dev.sluice.backend.cpu.asm;

/** Machine code of sums, {@code y = a + b}, on heap arrays of floats: the first, second and third of a call. */
public final class AddCode {
    /** Byte offset of a. */
    public static final int A = 0;
    /** Byte offset of b. */
    public static final int B = 8;
    /** Byte offset of y, which may be a or b. */
    public static final int Y = 16;
    /** How many numbers there are. */
    public static final int COUNT = 24;
    /** Bytes of the block. */
    public static final int ARGUMENTS = 32;

    private static final Gpr ARGS = Gpr.RDI;
    private static final Gpr[] AT = {Gpr.RSI, Gpr.RDX, Gpr.RCX};
    private static final Gpr LEFT = Gpr.RAX;

    private AddCode() {}

    /** Assembles the one function. */
    public static Program assemble(boolean avx512) {
        Assembler a = new Assembler();
        Wide w = new Wide(a, avx512);
        Label units = new Label();
        Label ones = new Label();
        Label end = new Label();
        for (int i = 0; i < AT.length; i++) {
            a.add(AT[i], Mem.at(ARGS, A + 8 * i));
        }
        a.mov(LEFT, Mem.at(ARGS, COUNT));
        a.bind(units);
        a.cmp(LEFT, 16);
        a.jump(Condition.LESS, ones);
        w.load(0, Mem.at(AT[0]));
        w.op(VectorOp.VADDPS, 0, 0, Mem.at(AT[1]));
        w.store(Mem.at(AT[2]), 0);
        for (Gpr at : AT) {
            a.add(at, Wide.BYTES);
        }
        a.sub(LEFT, 16);
        a.jmp(units);
        a.bind(ones);
        a.cmp(LEFT, 0);
        a.jump(Condition.EQUAL, end);
        a.op(VectorOp.VMOVD, w.low(0), Mem.at(AT[0]));
        a.op(VectorOp.VMOVD, w.low(1), Mem.at(AT[1]));
        a.op(VectorOp.VADDPS, w.low(0), w.low(0), w.low(1));
        a.store(VectorOp.VMOVD_STORE, Mem.at(AT[2]), w.low(0));
        for (Gpr at : AT) {
            a.add(at, 4);
        }
        a.sub(LEFT, 1);
        a.jmp(ones);
        a.bind(end);
        a.vzeroupper();
        a.ret();
        return new Program(a.toBytes(), 0);
    }
}
