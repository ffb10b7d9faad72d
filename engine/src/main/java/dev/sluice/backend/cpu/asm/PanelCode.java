package dev.sluice.backend.cpu.asm;

import java.util.ArrayList;
import java.util.List;

/**
 * The product of a few rows with a panel, {@code y[r][c] = Σ x[r][k] · panel[k][c]}, as machine code: scores and weighted
 * values of attention, and matrix products. Columns lie in groups of 16 numbers, floats, halves of both kinds or bytes. The kernel is an
 * outer product: an element of each row is repeated in all lanes and multiplied with one to four groups of columns, whose
 * sums stay in registers over the whole depth.
 *
 * <p>A function exists for each count of rows, 1 to {@link #mostRows}. Its argument block is described by the constants
 * here: addresses are in bytes, x and y counted from the first and second heap array where one is passed.
 */
public final class PanelCode {
    /** How a panel's numbers are stored. */
    public enum Format {
        F32(4),
        F16(2),
        /** The upper half of a float. */
        BF16(2),
        /** Whole numbers, to be multiplied with a factor for each column of the result, or with none. */
        I8(1);

        private final int bytes;

        Format(int bytes) {
            this.bytes = bytes;
        }

        /** Bytes of one number. */
        public int bytes() {
            return bytes;
        }
    }

    /** Address of x. */
    public static final int X = 0;
    /** Bytes from one row of x to the next. */
    public static final int X_STRIDE = 8;
    /** Address of y; whole groups are written. */
    public static final int Y = 16;
    /** Bytes from one row of y to the next. */
    public static final int Y_STRIDE = 24;
    /** Address of the panel. */
    public static final int PANEL = 32;
    /** Bytes from one group of 16 columns to the next. */
    public static final int GROUP_STRIDE = 40;
    /** Bytes from one k to the next. */
    public static final int DEPTH_STRIDE = 48;
    /** How many k there are, at least one. */
    public static final int DEPTH = 56;
    /** How many groups of columns there are, at least one. */
    public static final int GROUPS = 64;
    /** 1 to add to y, 0 to write it anew. */
    public static final int ACCUMULATE = 72;
    /** For bytes: address of a float for each column, with which the sums are multiplied, or 0. */
    public static final int FACTORS = 80;
    /** Address from which memory is fetched ahead, as fast as the panel is read: what will be needed next. */
    public static final int AHEAD = 88;
    /** Bytes of the block. */
    public static final int ARGUMENTS = 96;

    private static final Gpr ARGS = Gpr.RDI;
    private static final Gpr PANEL_AT = Gpr.RAX;
    private static final Gpr DEPTH_STEP = Gpr.RSI;
    private static final Gpr GROUP_STEP = Gpr.RDX;
    private static final Gpr GROUP_STEP_3 = Gpr.RCX;
    private static final Gpr X_STEP = Gpr.R8;
    private static final Gpr COUNT = Gpr.R9;
    private static final Gpr GROUPS_LEFT = Gpr.R10;
    private static final Gpr Y_AT = Gpr.R11;
    private static final Gpr AHEAD_AT = Gpr.RBX;
    private static final Gpr TEMP = Gpr.RBP;
    /** Addresses of every third row of x. */
    private static final Gpr[] X_AT = {Gpr.R12, Gpr.R13, Gpr.R14, Gpr.R15};

    private static final int UNROLL = 2;

    private final Assembler a = new Assembler();
    private final Wide w;
    private final Format format;
    private final boolean avx512;
    private final List<Integer> functions = new ArrayList<>();

    private PanelCode(Format format, boolean avx512) {
        this.format = format;
        this.avx512 = avx512;
        w = new Wide(a, avx512);
    }

    /** The most rows of one call. */
    public static int mostRows(boolean avx512) {
        return avx512 ? 12 : 6;
    }

    /**
     * Assembles the functions of a format.
     *
     * @param avx512 for AVX-512 F, or else for AVX2, FMA and F16C
     */
    public static Program assemble(Format format, boolean avx512) {
        PanelCode code = new PanelCode(format, avx512);
        for (int rows = 1; rows <= mostRows(avx512); rows++) {
            code.a.align(32);
            code.functions.add(code.a.position());
            code.function(rows);
        }
        return new Program(
                code.a.toBytes(), code.functions.stream().mapToInt(f -> f).toArray());
    }

    /** Groups of columns whose sums fit into the registers. */
    private int mostGroups(int rows) {
        int most = 4;
        while (most > 1 && registers(rows, most) > 32 / (avx512 ? 1 : 2)) {
            most /= 2;
        }
        return most;
    }

    private int registers(int rows, int groups) {
        return (avx512 ? 1 : 2) * (rows * groups + groups) + 1;
    }

    private void function(int rows) {
        for (Gpr saved : new Gpr[] {Gpr.RBX, Gpr.RBP, Gpr.R12, Gpr.R13, Gpr.R14, Gpr.R15}) {
            a.push(saved);
        }
        // Addresses within heap arrays become plain ones in the block, before their registers are used otherwise.
        a.add(Gpr.RSI, Mem.at(ARGS, X));
        a.store(Mem.at(ARGS, X), Gpr.RSI);
        a.mov(Y_AT, Mem.at(ARGS, Y));
        a.add(Y_AT, Gpr.RDX);
        a.mov(DEPTH_STEP, Mem.at(ARGS, DEPTH_STRIDE));
        a.mov(GROUP_STEP, Mem.at(ARGS, GROUP_STRIDE));
        a.lea(GROUP_STEP_3, Mem.at(GROUP_STEP, GROUP_STEP, 2, 0));
        a.mov(X_STEP, Mem.at(ARGS, X_STRIDE));
        a.mov(GROUPS_LEFT, Mem.at(ARGS, GROUPS));
        a.mov(AHEAD_AT, Mem.at(ARGS, AHEAD));
        Label done = new Label();
        for (int groups = mostGroups(rows); groups >= 1; groups /= 2) {
            Label next = new Label();
            Label again = new Label();
            a.bind(again);
            a.cmp(GROUPS_LEFT, groups);
            a.jump(Condition.LESS, next);
            block(rows, groups);
            a.sub(GROUPS_LEFT, groups);
            a.jmp(again);
            a.bind(next);
        }
        a.bind(done);
        for (Gpr saved : new Gpr[] {Gpr.R15, Gpr.R14, Gpr.R13, Gpr.R12, Gpr.RBP, Gpr.RBX}) {
            a.pop(saved);
        }
        a.vzeroupper();
        a.ret();
    }

    private void block(int rows, int groups) {
        a.mov(X_AT[0], Mem.at(ARGS, X));
        for (int r = 3; r < rows; r += 3) {
            a.lea(X_AT[r / 3], Mem.at(X_AT[r / 3 - 1], X_STEP, 2, 0));
            a.add(X_AT[r / 3], X_STEP);
        }
        for (int i = 0; i < rows * groups; i++) {
            w.zero(i);
        }
        a.mov(PANEL_AT, Mem.at(ARGS, PANEL));
        a.mov(COUNT, Mem.at(ARGS, DEPTH));
        Label rest = new Label();
        Label loop = new Label();
        Label end = new Label();
        a.cmp(COUNT, UNROLL);
        a.jump(Condition.LESS, rest);
        a.align(16);
        a.bind(loop);
        steps(rows, groups, UNROLL);
        a.sub(COUNT, UNROLL);
        a.cmp(COUNT, UNROLL);
        a.jump(Condition.GREATER_OR_EQUAL, loop);
        a.bind(rest);
        a.cmp(COUNT, 0);
        a.jump(Condition.EQUAL, end);
        steps(rows, groups, 1);
        a.bind(end);
        deposit(rows, groups);
        // On to the next groups: of the panel, of y, of the factors.
        a.imul(TEMP, GROUP_STEP, groups);
        a.add(TEMP, Mem.at(ARGS, PANEL));
        a.store(Mem.at(ARGS, PANEL), TEMP);
        a.add(Y_AT, groups * Wide.BYTES);
    }

    private void steps(int rows, int groups, int depth) {
        for (int k = 0; k < depth; k++) {
            for (int g = 0; g < groups; g++) {
                loadPanel(rows * groups + g, panel(g));
            }
            Vec repeated = repeated(rows, groups);
            for (int r = 0; r < rows; r++) {
                a.op(VectorOp.VBROADCASTSS, repeated, x(r, k));
                for (int g = 0; g < groups; g++) {
                    w.op(VectorOp.VFMADD231PS, r * groups + g, rows * groups + g, repeated);
                }
            }
            a.add(PANEL_AT, DEPTH_STEP);
        }
        for (int r = 0; r < rows; r += 3) {
            a.add(X_AT[r / 3], 4 * depth);
        }
        int bytes = 16 * format.bytes * groups * depth;
        for (int line = 0; line < bytes; line += 64) {
            a.prefetchT0(Mem.at(AHEAD_AT, line));
        }
        a.add(AHEAD_AT, bytes);
    }

    private Vec repeated(int rows, int groups) {
        int unit = rows * groups + groups;
        return w.repeated(avx512 ? unit : 2 * unit);
    }

    private static Mem x(int row, int k) {
        Gpr base = X_AT[row / 3];
        return row % 3 == 0 ? Mem.at(base, 4 * k) : Mem.at(base, X_STEP, row % 3, 4 * k);
    }

    private static Mem panel(int group) {
        return switch (group) {
            case 0 -> Mem.at(PANEL_AT);
            case 1, 2 -> Mem.at(PANEL_AT, GROUP_STEP, group, 0);
            default -> Mem.at(PANEL_AT, GROUP_STEP_3, 1, 0);
        };
    }

    private void loadPanel(int unit, Mem at) {
        switch (format) {
            case F32 -> w.load(unit, at);
            case F16 -> w.op(VectorOp.VCVTPH2PS, unit, at, 32);
            case BF16 -> {
                w.op(VectorOp.VPMOVZXWD, unit, at, 32);
                w.shift(ShiftOp.VPSLLD, unit, unit, 16);
            }
            case I8 -> {
                w.op(VectorOp.VPMOVSXBD, unit, at, 16);
                w.op(VectorOp.VCVTDQ2PS, unit, unit);
            }
        }
    }

    private void deposit(int rows, int groups) {
        if (format == Format.I8) {
            Label plain = new Label();
            a.mov(TEMP, Mem.at(ARGS, FACTORS));
            a.cmp(TEMP, 0);
            a.jump(Condition.EQUAL, plain);
            for (int g = 0; g < groups; g++) {
                w.load(rows * groups + g, Mem.at(TEMP, g * Wide.BYTES));
            }
            a.add(TEMP, groups * Wide.BYTES);
            a.store(Mem.at(ARGS, FACTORS), TEMP);
            for (int i = 0; i < rows * groups; i++) {
                w.op(VectorOp.VMULPS, i, i, rows * groups + i % groups);
            }
            a.bind(plain);
        }
        Label anew = new Label();
        a.mov(COUNT, Mem.at(ARGS, Y_STRIDE));
        a.mov(TEMP, Mem.at(ARGS, ACCUMULATE));
        a.cmp(TEMP, 0);
        a.jump(Condition.EQUAL, anew);
        a.mov(TEMP, Y_AT);
        for (int r = 0; r < rows; r++) {
            for (int g = 0; g < groups; g++) {
                w.op(VectorOp.VADDPS, r * groups + g, r * groups + g, Mem.at(TEMP, g * Wide.BYTES));
            }
            a.add(TEMP, COUNT);
        }
        a.bind(anew);
        a.mov(TEMP, Y_AT);
        for (int r = 0; r < rows; r++) {
            for (int g = 0; g < groups; g++) {
                w.store(Mem.at(TEMP, g * Wide.BYTES), r * groups + g);
            }
            a.add(TEMP, COUNT);
        }
    }
}
