package dev.sluice.backend.cpu.asm;

import static dev.sluice.backend.cpu.asm.ByteDots.ARGUMENTS;

/**
 * Writes the product of row tiles with activations in bytes: {@code y = start + W x} for some tokens, groups of tokens and
 * tiles. A tile is read once for each group of tokens, out of the first cache from the second time on; within a group each
 * word of weights is unpacked once and multiplied with all tokens. Sums of 32 (or 16) columns are exact integers; they are
 * scaled and added in floats in the order of the columns, so that the result does not depend on how tokens are grouped.
 */
final class Int8ProductCode {
    private static final int Q0 = 0;
    private static final int Q1 = 1;
    private static final int RAW = 2;
    private static final int BITS = 3;
    private static final int FIRST_ACCUMULATOR = 8;
    /** Pairs of words, of 4 columns each, in a group. */
    private static final int PAIRS = 4;

    private static final Gpr OUT = Gpr.RSI;
    private static final Gpr START = Gpr.RDX;
    private static final Gpr HEADER = Gpr.RCX;
    private static final Gpr WALK = Gpr.RAX;
    private static final Gpr GROUP_START = Gpr.RBX;
    private static final Gpr MASK = Gpr.RBP;
    private static final Gpr WEIGHTS = Gpr.R8;
    private static final Gpr X = Gpr.R9;
    private static final Gpr UNITS = Gpr.R10;
    private static final Gpr TILE = Gpr.R11;
    private static final Gpr GROUP_X = Gpr.R12;
    private static final Gpr GROUPS = Gpr.R13;
    private static final Gpr GROUP_OUT = Gpr.R14;
    private static final Gpr TILES = Gpr.R15;
    private static final Gpr[] SAVED = {Gpr.RBX, Gpr.RBP, Gpr.R12, Gpr.R13, Gpr.R14, Gpr.R15};

    private final Assembler a;
    private final ByteDots dots;
    private final TileFormat format;
    private final int tokens;
    private final int prefetch;
    /** Vectors of a tile that are computed together; the parts of a tile are computed one after another. */
    private final int vectors;

    private final int parts;

    private Int8ProductCode(Assembler a, ByteDots dots, TileFormat format, int tokens, int prefetch) {
        this.a = a;
        this.dots = dots;
        this.format = format;
        this.tokens = tokens;
        this.prefetch = prefetch;
        int all = 16 / dots.lanes();
        vectors = tokens * all <= dots.accumulators() ? all : 1;
        parts = all / vectors;
    }

    /**
     * Writes a function.
     *
     * @param tokens tokens of a group, at most as many as there are accumulators
     * @param prefetch how many bytes ahead weights are asked for, 0 for not at all
     */
    static void write(Assembler a, ByteDots dots, TileFormat format, int tokens, int prefetch) {
        new Int8ProductCode(a, dots, format, tokens, prefetch).function();
    }

    private void function() {
        for (Gpr register : SAVED) {
            a.push(register);
        }
        a.add(OUT, argument(Arguments.OUT));
        a.add(START, argument(Arguments.START));
        a.mov(TILE, argument(Arguments.WEIGHTS));
        a.mov(TILES, argument(Arguments.TILES));
        dots.begin(a, format);
        Label tile = new Label();
        a.bind(tile);
        tile();
        a.add(TILE, argument(Arguments.TILE_BYTES));
        a.add(OUT, 16 * Float.BYTES);
        a.add(START, argument(Arguments.START_TILE));
        a.sub(TILES, 1);
        a.jump(Condition.NOT_EQUAL, tile);
        for (int i = SAVED.length - 1; i >= 0; i--) {
            a.pop(SAVED[i]);
        }
        a.vzeroupper();
        a.ret();
    }

    private static Mem argument(int at) {
        return Mem.at(ARGUMENTS, at);
    }

    private void tile() {
        Label whole = new Label();
        a.lea(MASK, argument(Arguments.WHOLE_TILE));
        a.cmp(TILES, 1);
        a.jump(Condition.NOT_EQUAL, whole);
        a.lea(MASK, argument(Arguments.LAST_TILE));
        a.bind(whole);
        a.mov(GROUP_OUT, OUT);
        a.mov(GROUP_START, START);
        a.mov(GROUP_X, argument(Arguments.ACTIVATIONS));
        a.mov(GROUPS, argument(Arguments.GROUPS));
        Label group = new Label();
        a.bind(group);
        for (int part = 0; part < parts; part++) {
            part(part);
        }
        a.add(GROUP_OUT, argument(Arguments.OUT_GROUP));
        a.add(GROUP_START, argument(Arguments.START_GROUP));
        a.add(GROUP_X, argument(Arguments.GROUP_BYTES));
        a.sub(GROUPS, 1);
        a.jump(Condition.NOT_EQUAL, group);
    }

    private void part(int part) {
        a.mov(WEIGHTS, TILE);
        a.mov(X, GROUP_X);
        a.mov(UNITS, argument(Arguments.UNITS));
        rows(part, GROUP_START, Arguments.START_TOKEN, true);
        Label unit = new Label();
        a.align(32);
        a.bind(unit);
        if (format.groups == 1) {
            group(part, true);
            a.add(WEIGHTS, format.groupBytes);
            a.add(X, tokens * Int8Layout.TOKEN_BYTES);
        } else {
            a.mov(HEADER, WEIGHTS);
            a.add(WEIGHTS, format.header);
            a.mov(WALK, format.groups);
            Label next = new Label();
            a.align(32);
            a.bind(next);
            group(part, true);
            a.add(WEIGHTS, format.groupBytes);
            a.add(X, tokens * Int8Layout.TOKEN_BYTES);
            a.sub(WALK, 1);
            a.jump(Condition.NOT_EQUAL, next);
        }
        a.sub(UNITS, 1);
        a.jump(Condition.NOT_EQUAL, unit);
        residuals(part);
        rows(part, GROUP_OUT, Arguments.OUT_TOKEN, false);
    }

    /** Adds the products with what rounding has left, block by block of the list behind the records. */
    private void residuals(int part) {
        Label done = new Label();
        Label next = new Label();
        a.mov(WALK, GROUP_X);
        a.add(WALK, argument(Arguments.LIST));
        a.mov(UNITS, Mem.at(WALK));
        a.cmp(UNITS, 0);
        a.jump(Condition.EQUAL, done);
        a.mov(X, WALK);
        a.add(X, argument(Arguments.LIST_BYTES));
        a.add(WALK, Long.BYTES);
        a.align(32);
        a.bind(next);
        a.mov32(WEIGHTS, Mem.at(WALK));
        if (format.groups == 1) {
            a.imul(WEIGHTS, WEIGHTS, format.groupBytes);
            a.add(WEIGHTS, TILE);
        } else {
            a.mov(HEADER, WEIGHTS);
            a.shr(HEADER, Integer.numberOfTrailingZeros(format.groups));
            a.imul(HEADER, HEADER, format.unitBytes());
            a.add(HEADER, TILE);
            a.and(WEIGHTS, format.groups - 1);
            a.imul(WEIGHTS, WEIGHTS, format.groupBytes);
            a.add(WEIGHTS, HEADER);
            a.add(WEIGHTS, format.header);
        }
        group(part, false);
        a.add(X, tokens * Int8Layout.TOKEN_BYTES);
        a.add(WALK, Integer.BYTES);
        a.sub(UNITS, 1);
        a.jump(Condition.NOT_EQUAL, next);
        a.bind(done);
    }

    /** Moves the accumulators of all tokens from or to memory. */
    private void rows(int part, Gpr from, int stride, boolean load) {
        for (int v = 0; v < vectors; v++) {
            int lanes = part * vectors + v;
            dots.beginRows(a, MASK, lanes);
            a.mov(WALK, from);
            for (int t = 0; t < tokens; t++) {
                Mem at = Mem.at(WALK, lanes * dots.lanes() * Float.BYTES);
                if (load) {
                    dots.loadRows(a, floats(t, v), at);
                } else {
                    dots.storeRows(a, at, floats(t, v));
                }
                a.add(WALK, argument(stride));
            }
        }
    }

    private Vec floats(int token, int vector) {
        return dots.vector(FIRST_ACCUMULATOR + token * vectors + vector);
    }

    private Vec integers(int token, int vector) {
        return dots.vector(FIRST_ACCUMULATOR + dots.accumulators() + token * vectors + vector);
    }

    private void group(int part, boolean streaming) {
        int pairs = PAIRS / format.scales();
        for (int s = 0; s < format.scales(); s++) {
            int sum = format.scales() == 1 ? Int8Layout.SUM : Int8Layout.FIRST_SUM + s;
            int shift = format.bits == 8 && dots.signedBytes() ? 0 : format.zeroShift;
            for (int t = 0; t < tokens; t++) {
                for (int v = 0; v < vectors; v++) {
                    dots.start(a, integers(t, v), field(sum, t), shift);
                }
            }
            for (int p = s * pairs; p < (s + 1) * pairs; p++) {
                if (streaming) {
                    prefetch(p);
                }
                for (int v = 0; v < vectors; v++) {
                    unpack(p, part * vectors + v);
                    for (int t = 0; t < tokens; t++) {
                        Mem x = Mem.at(X, Int8Layout.quants(t) + 8 * p);
                        dots.dots(a, format, integers(t, v), dots.vector(Q0), dots.vector(Q1), x);
                    }
                }
            }
            for (int v = 0; v < vectors; v++) {
                scale(s, part * vectors + v, v);
            }
        }
    }

    private Mem field(int field, int token) {
        return Mem.at(X, Int8Layout.field(tokens, field, token));
    }

    /** Asks for a share of the lines that a group takes, some distance ahead. */
    private void prefetch(int pair) {
        if (prefetch > 0) {
            int lines = Math.ceilDiv(format.groupBytes, 64);
            for (int line = pair * lines / PAIRS; line < (pair + 1) * lines / PAIRS; line++) {
                a.prefetchT0(Mem.at(WEIGHTS, prefetch + 64 * line));
            }
        }
    }

    /** The quants of 8 columns into {@link #Q0} and {@link #Q1}. */
    private void unpack(int pair, int lanes) {
        int at = lanes * dots.lanes() * Integer.BYTES;
        Vec q0 = dots.vector(Q0);
        Vec q1 = dots.vector(Q1);
        if (format.bits == 8) {
            a.op(VectorOp.VMOVDQU, q0, Mem.at(WEIGHTS, format.words + 128 * pair + at));
            a.op(VectorOp.VMOVDQU, q1, Mem.at(WEIGHTS, format.words + 128 * pair + 64 + at));
            dots.beginBytes(a, q0, q1);
            return;
        }
        Vec raw = dots.vector(RAW);
        a.op(VectorOp.VMOVDQU, raw, Mem.at(WEIGHTS, format.words + 64 * pair + at));
        dots.lowNibbles(a, q0, raw);
        a.shift(ShiftOp.VPSRLD, raw, raw, 4);
        dots.lowNibbles(a, q1, raw);
        if (format.bits == 5) {
            a.op(VectorOp.VMOVDQU, raw, Mem.at(WEIGHTS, format.high + at));
            upperBits(q0, raw, 2 * pair - 4);
            upperBits(q1, raw, 2 * pair + 1 - 4);
        } else if (format.bits == 6) {
            a.op(VectorOp.VMOVDQU, raw, Mem.at(WEIGHTS, format.high + 64 * (pair / 2) + at));
            upperBits(q0, raw, 4 * (pair % 2) - 4);
            upperBits(q1, raw, 4 * (pair % 2) + 2 - 4);
        }
    }

    /** Adds upper bits to quants; they lie {@code right} places above where they belong. */
    private void upperBits(Vec q, Vec high, int right) {
        Vec bits = dots.vector(BITS);
        a.shift(right < 0 ? ShiftOp.VPSLLD : ShiftOp.VPSRLD, bits, high, Math.abs(right));
        dots.addUpperBits(a, format, q, bits);
    }

    /** Adds the integers of a group, scaled, to the floats. */
    private void scale(int scale, int lanes, int v) {
        Vec d = dots.vector(Q0);
        Vec m = dots.vector(Q1);
        factors(d, m, scale, lanes);
        for (int t = 0; t < tokens; t++) {
            Vec sum = integers(t, v);
            a.op(VectorOp.VCVTDQ2PS, sum, sum);
            a.op(VectorOp.VMULPS, sum, sum, d);
            dots.addProduct(a, floats(t, v), sum, field(Int8Layout.SCALE, t));
        }
        if (format.minima) {
            for (int t = 0; t < tokens; t++) {
                Mem sum = field(Int8Layout.SCALED_SUM, t);
                if (format.groups == 1) {
                    dots.addProduct(a, floats(t, v), m, sum);
                } else {
                    dots.subtractProduct(a, floats(t, v), m, sum);
                }
            }
        }
    }

    /** The factors of 16 rows, and what is added or, in the K formats, subtracted. */
    private void factors(Vec d, Vec m, int scale, int lanes) {
        int halves = lanes * dots.lanes() * 2;
        int bytes = lanes * dots.lanes();
        if (format.groups == 1) {
            a.op(VectorOp.VCVTPH2PS, d, Mem.at(WEIGHTS, halves));
            if (format.minima) {
                a.op(VectorOp.VCVTPH2PS, m, Mem.at(WEIGHTS, 32 + halves));
            }
            return;
        }
        Vec raw = dots.vector(RAW);
        a.op(VectorOp.VCVTPH2PS, d, Mem.at(HEADER, halves));
        VectorOp widen = format.minima ? VectorOp.VPMOVZXBD : VectorOp.VPMOVSXBD;
        a.op(widen, raw, Mem.at(WEIGHTS, 16 * scale + bytes));
        a.op(VectorOp.VCVTDQ2PS, raw, raw);
        a.op(VectorOp.VMULPS, d, d, raw);
        if (format.minima) {
            a.op(VectorOp.VCVTPH2PS, m, Mem.at(HEADER, 32 + halves));
            a.op(VectorOp.VPMOVZXBD, raw, Mem.at(WEIGHTS, 16 + bytes));
            a.op(VectorOp.VCVTDQ2PS, raw, raw);
            a.op(VectorOp.VMULPS, m, m, raw);
        }
    }
}
