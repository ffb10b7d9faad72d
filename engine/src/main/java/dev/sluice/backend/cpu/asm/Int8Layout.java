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
 * <p>Behind the records of a group stands its list: how many records of residuals follow (64 bits) and which 32 columns each
 * belongs to (32 bits each), then those records. A residual is what rounding has left of a block, rounded to bytes once
 * more, 254 to the block's scale. It is kept for the blocks of large numbers, which is where nearly all of the error comes
 * from; tokens of the group that have no need of it have zeros there, which change nothing.
 *
 * <p>A kernel for T tokens finds everything at a constant distance from one pointer. The tokens are dealt out evenly: all
 * groups but the last are of one size.
 */
public final class Int8Layout {
    /** More tokens than a group ever has. */
    static final int MOST_TOKENS = 16;

    /** Bytes of one token's part of a record. */
    static final int TOKEN_BYTES = 52;

    /** Places of the fields behind the quants, in numbers of 4 · T bytes. */
    static final int SCALE = 0;

    static final int SUM = 1;
    static final int SCALED_SUM = 2;
    static final int FIRST_SUM = 3;
    static final int SECOND_SUM = 4;

    private Int8Layout() {}

    /** Bytes of the records of a group. */
    static long records(int columns, int tokens) {
        return (long) columns / TileFormat.COLUMNS * TOKEN_BYTES * tokens;
    }

    /** Bytes of a group's list of residuals. */
    static long list(int columns) {
        return Math.ceilDiv(Long.BYTES + (long) columns / TileFormat.COLUMNS * Integer.BYTES, 64L) * 64;
    }

    /** Bytes of a group, all of whose blocks may have residuals. */
    static long group(int columns, int tokens) {
        return 2 * records(columns, tokens) + list(columns);
    }

    /** Where in a record the quants of a token begin. */
    static int quants(int token) {
        return TileFormat.COLUMNS * token;
    }

    /** Where in a record of some tokens a field of one of them is. */
    static int field(int tokens, int field, int token) {
        return TileFormat.COLUMNS * tokens + 4 * (tokens * field + token);
    }
}
