package dev.sluice.backend.cpu.asm;

/**
 * How activations that were rounded to bytes lie in memory. Tokens are taken in groups of up to as many as a product keeps
 * in registers; a group of T tokens is one record for each 32 columns:
 *
 * <pre>
 *   T × 32 × s8    quants q, x ≈ scale · q
 *   T × f32        scale = max|x| / 127
 *   T × s32        −Σq
 *   T × f32        scale · Σq
 *   T × s32        −Σq of columns 0 to 15
 *   T × s32        −Σq of columns 16 to 31
 * </pre>
 *
 * so that a kernel for T tokens finds everything at a constant distance from one pointer. The tokens are dealt out evenly:
 * all groups but the last are of one size.
 */
public final class Int8Layout {
    /** Bytes of one token's part of a record. */
    static final int TOKEN_BYTES = 52;

    /** Places of the fields behind the quants, in numbers of 4 · T bytes. */
    static final int SCALE = 0;

    static final int SUM = 1;
    static final int SCALED_SUM = 2;
    static final int FIRST_SUM = 3;
    static final int SECOND_SUM = 4;

    private Int8Layout() {}

    /** Bytes of some tokens of some columns, a multiple of 32. */
    public static long bytes(int columns, int tokens) {
        return (long) columns / TileFormat.COLUMNS * TOKEN_BYTES * tokens;
    }

    /** Where in a record of {@code tokens} tokens the quants of a token begin. */
    static int quants(int token) {
        return TileFormat.COLUMNS * token;
    }

    /** Where in a record of {@code tokens} tokens a field of a token is. */
    static int field(int tokens, int field, int token) {
        return TileFormat.COLUMNS * tokens + 4 * (tokens * field + token);
    }
}
