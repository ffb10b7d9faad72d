package dev.sluice.backend.cpu.asm;

import dev.sluice.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * Machine code that packs 16 rows of a matrix into a tile (docs/weight-layout.md): a start packs a whole model before Java's
 * code for it is compiled. Every word of a block is copied row by row; nibbles are then put into their order 16 rows at a
 * time.
 */
public final class PackCode {
    /** Formats that are packed. */
    public enum Format {
        Q4_0(0, 18, 1, true),
        Q4_1(1, 20, 2, true),
        Q8_0(2, 34, 1, false);

        private final int function;
        private final int blockBytes;
        private final int halves;
        private final boolean nibbles;

        Format(int function, int blockBytes, int halves, boolean nibbles) {
            this.function = function;
            this.blockBytes = blockBytes;
            this.halves = halves;
            this.nibbles = nibbles;
        }

        /** The number of its function. */
        public int function() {
            return function;
        }

        /** The format of weights, or null if there is no code for it. */
        public static @Nullable Format of(DType type) {
            return switch (type) {
                case Q4_0 -> Q4_0;
                case Q4_1 -> Q4_1;
                case Q8_0 -> Q8_0;
                default -> null;
            };
        }
    }

    /** Address of the first row. */
    public static final int ROWS = 0;
    /** Bytes from one row to the next. */
    public static final int ROW_BYTES = 8;
    /** Address of the tile. */
    public static final int TILE = 16;
    /** Units of the tile, at least one. */
    public static final int UNITS = 24;

    private static final int MASK = 32;
    private static final int WORDS = 64;
    /** Bytes of the block, which is aligned to 64. */
    public static final int ARGUMENTS = 320;

    private static final int LANES = 16;

    private static final Gpr ARGS = Gpr.RDI;
    private static final Gpr TEMP = Gpr.RAX;
    private static final Gpr STEP = Gpr.R11;
    private static final Gpr TILE_AT = Gpr.RBX;
    private static final Gpr LEFT = Gpr.RBP;
    /** Addresses of every third row. */
    private static final Gpr[] ROW_AT = {Gpr.RSI, Gpr.RDX, Gpr.RCX, Gpr.R8, Gpr.R9, Gpr.R10};

    private final Assembler a = new Assembler();
    private final Wide w;
    private final Vec nibbles;

    private PackCode(boolean avx512) {
        w = new Wide(a, avx512);
        nibbles = w.repeated(15);
    }

    /** Assembles all functions. */
    public static Program assemble(boolean avx512) {
        PackCode code = new PackCode(avx512);
        int[] functions = new int[Format.values().length];
        for (Format format : Format.values()) {
            code.a.align(32);
            functions[format.function] = code.a.position();
            code.function(format);
        }
        return new Program(code.a.toBytes(), functions);
    }

    /** Fills in what all calls share. */
    public static void prepare(MemorySegment arguments) {
        arguments.set(ValueLayout.JAVA_INT, MASK, 0x0f0f0f0f);
    }

    private void function(Format format) {
        a.push(TILE_AT);
        a.push(LEFT);
        a.mov(ROW_AT[0], Mem.at(ARGS, ROWS));
        a.mov(STEP, Mem.at(ARGS, ROW_BYTES));
        for (int i = 1; i < ROW_AT.length; i++) {
            a.lea(ROW_AT[i], Mem.at(ROW_AT[i - 1], STEP, 2, 0));
            a.add(ROW_AT[i], STEP);
        }
        a.mov(TILE_AT, Mem.at(ARGS, TILE));
        a.mov(LEFT, Mem.at(ARGS, UNITS));
        a.op(VectorOp.VPBROADCASTD, nibbles, Mem.at(ARGS, MASK));
        Label units = new Label();
        a.bind(units);
        for (int i = 0; i < format.halves; i++) {
            for (int r = 0; r < LANES; r++) {
                a.mov32(TEMP, row(r, 2 * i));
                a.store16(Mem.at(TILE_AT, 2 * LANES * i + 2 * r), TEMP);
            }
        }
        int words = 2 * LANES * format.halves;
        if (format.nibbles) {
            words(2 * format.halves, 4, ARGS, WORDS);
            order(words);
        } else {
            words(2 * format.halves, 8, TILE_AT, words);
        }
        for (Gpr row : ROW_AT) {
            a.add(row, format.blockBytes);
        }
        a.add(TILE_AT, words + (format.nibbles ? 4 : 8) * Wide.BYTES);
        a.sub(LEFT, 1);
        a.jump(Condition.NOT_EQUAL, units);
        a.pop(LEFT);
        a.pop(TILE_AT);
        a.vzeroupper();
        a.ret();
    }

    private static Mem row(int r, int at) {
        Gpr base = ROW_AT[r / 3];
        return r % 3 == 0 ? Mem.at(base, at) : Mem.at(base, STEP, r % 3, at);
    }

    private void words(int from, int count, Gpr base, int to) {
        for (int j = 0; j < count; j++) {
            for (int r = 0; r < LANES; r++) {
                a.mov32(TEMP, row(r, from + 4 * j));
                a.store32(Mem.at(base, to + Wide.BYTES * j + 4 * r), TEMP);
            }
        }
    }

    /** A block has columns 0 to 15 in the lower nibbles of its bytes, a tile's word 8 adjoining columns. */
    private void order(int to) {
        for (int i = 0; i < 2; i++) {
            w.load(0, Mem.at(ARGS, WORDS + Wide.BYTES * 2 * i));
            w.load(1, Mem.at(ARGS, WORDS + Wide.BYTES * (2 * i + 1)));
            w.op(VectorOp.VPAND, 2, 0, nibbles);
            w.op(VectorOp.VPAND, 3, 1, nibbles);
            w.shift(ShiftOp.VPSLLD, 3, 3, 4);
            w.op(VectorOp.VPOR, 2, 2, 3);
            w.store(Mem.at(TILE_AT, to + Wide.BYTES * i), 2);
            w.shift(ShiftOp.VPSRLD, 0, 0, 4);
            w.op(VectorOp.VPAND, 0, 0, nibbles);
            w.op(VectorOp.VPANDN, 1, nibbles, 1);
            w.op(VectorOp.VPOR, 0, 0, 1);
            w.store(Mem.at(TILE_AT, to + Wide.BYTES * (2 + i)), 0);
        }
    }
}
