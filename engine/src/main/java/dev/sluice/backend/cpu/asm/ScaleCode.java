package dev.sluice.backend.cpu.asm;

/** Machine code for {@code y[r][k] = x[r][k] · f[k]}: rows that share a factor for each column. */
public final class ScaleCode {
    /** Address of the first row of x. */
    public static final int X = 0;
    /** Address of the first row of y. */
    public static final int Y = 8;
    /** Bytes from one row to the next, of x and of y. */
    public static final int STRIDE = 16;
    /** How many rows there are, at least one. */
    public static final int ROWS = 24;
    /** Address of the factors. */
    public static final int FACTORS = 32;
    /** Numbers of a row, in units of 16; at least one unit. */
    public static final int UNITS = 40;
    /** Bytes of the block. */
    public static final int ARGUMENTS = 48;

    private ScaleCode() {}

    /** Assembles the one function. */
    public static Program assemble(boolean avx512) {
        Assembler a = new Assembler();
        Wide w = new Wide(a, avx512);
        Label row = new Label();
        Label loop = new Label();
        a.mov(Gpr.RSI, Mem.at(Gpr.RDI, X));
        a.mov(Gpr.RDX, Mem.at(Gpr.RDI, Y));
        a.mov(Gpr.RCX, Mem.at(Gpr.RDI, ROWS));
        a.mov(Gpr.R8, Mem.at(Gpr.RDI, FACTORS));
        a.mov(Gpr.R9, Mem.at(Gpr.RDI, UNITS));
        a.shl(Gpr.R9, 6);
        a.mov(Gpr.R10, Mem.at(Gpr.RDI, STRIDE));
        a.bind(row);
        a.mov(Gpr.RAX, 0);
        a.bind(loop);
        w.load(0, Mem.at(Gpr.RSI, Gpr.RAX, 1, 0));
        w.op(VectorOp.VMULPS, 0, 0, Mem.at(Gpr.R8, Gpr.RAX, 1, 0));
        w.store(Mem.at(Gpr.RDX, Gpr.RAX, 1, 0), 0);
        a.add(Gpr.RAX, Wide.BYTES);
        a.cmp(Gpr.RAX, Gpr.R9);
        a.jump(Condition.LESS, loop);
        a.add(Gpr.RSI, Gpr.R10);
        a.add(Gpr.RDX, Gpr.R10);
        a.sub(Gpr.RCX, 1);
        a.jump(Condition.NOT_EQUAL, row);
        a.vzeroupper();
        a.ret();
        return new Program(a.toBytes(), 0);
    }
}
