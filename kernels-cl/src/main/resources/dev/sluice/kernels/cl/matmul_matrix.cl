// Y = X W^T (+ bias) (+ residual), or activation(X W0^T) * (X W1^T), for several tokens, from row planes, by a device's matrix
// unit: as matmul_planes.cl, with weights and activations rounded to f16 and sums in f32.
//
// w0, w1, w2   matrices as row planes (docs/weight-layout.md), see linear.cl; absent ones have no rows
// columns      width of the matrices; a multiple of the format's block
// x            f32 [tokens, columns] from element x_at
// residual, y  f32 [tokens, stride] from element residual_at, y_at; may be the same memory
//
// A work-group of SUBS sub-groups makes a tile of TILE_ROWS rows (dimension 0 of the groups) and TILE_TOKENS tokens (dimension 1),
// a sub-group SUB_ROWS by SUB_TOKENS of it. 32 columns at a time, weights are expanded into local memory once, and x is laid beside
// them. With GATED one half of a sub-group's rows are of W0, the other are the same rows of W1: each work-item then has a gate
// and its partner. x is taken a quarter as large meanwhile: f16 ends at 65504.
//
// Tunable: QUANT (the format's file), MATRIX_UNIT with what unit.cl names, TILE_ROWS, TILE_TOKENS, SUB_ROWS (a multiple of 32),
// SUB_TOKENS, MULTIPLY_ADD.

#ifndef QUANT
#define QUANT "planes/q4_0.cl"
#endif
#ifndef TILE_ROWS
#define TILE_ROWS 128
#define TILE_TOKENS 128
#define SUB_ROWS 32
#define SUB_TOKENS 64
#define SUBS 8
#endif
#include QUANT
#include "linear.cl"
#define FLOATS 1
#include "activate.cl"
#include "expand.cl"
#include "unit.cl"

#define ITEMS (UNIT_LANES * SUBS)
#define ROW_SUBS (TILE_ROWS / SUB_ROWS)
#define ROW_FRAGS (SUB_ROWS / UNIT_ROWS)
#define TOKEN_FRAGS (SUB_TOKENS / UNIT_TOKENS)
// A part, 32 columns, of a row or token is four octets. What a work-item brings of W: so many octets of so many rows,
#define ROWS_EACH (ITEMS < TILE_ROWS ? TILE_ROWS / ITEMS : 1)
#define OCTETS_EACH (ITEMS < TILE_ROWS ? 4 : 4 * TILE_ROWS / ITEMS)
// and of X: an octet of so many tokens.
#define TOKENS_EACH (ITEMS < 4 * TILE_TOKENS ? 4 * TILE_TOKENS / ITEMS : 1)

static inline uint4 packed(float4 low, float4 high) {
    return (uint4)(pack_halves(low.x, low.y), pack_halves(low.z, low.w), pack_halves(high.x, high.y),
                   pack_halves(high.z, high.w));
}

// Eight columns of a token, a quarter as large; zero beyond the last one. Aligned ones come in two pieces, others may come in eight.
static inline uint4 octet_of(const global float *x, int columns, int from, int aligned) {
#if !SCALE_HALVES
    // These formats may end within a part.
    if (from + 8 > columns) {
        float v[8];
#pragma unroll
        for (int i = 0; i < 8; i++) {
            v[i] = from + i < columns ? 0.25f * x[from + i] : 0.0f;
        }
        return packed(vload4(0, v), vload4(1, v));
    }
#endif
    const global float4 *pieces = (const global float4 *)(x + from);
    float4 low = aligned ? pieces[0] : vload4(0, x + from);
    float4 high = aligned ? pieces[1] : vload4(1, x + from);
    return packed(0.25f * low, 0.25f * high);
}

kernel __attribute__((reqd_work_group_size(UNIT_LANES, SUBS, 1))) UNIT_ATTRIBUTES
void matmul_matrix(const global uchar *w0, const global uchar *w1, const global uchar *w2, int rows0, int rows1,
                   int rows2, int columns, int flags, const global float *bias, const global float *x, int x_at,
                   int tokens, const global float *residual, int residual_at, global float *y, int y_at, int stride) {
    local uint4 w_tile[TILE_ROWS * TILE_WORDS / 4];
    local uint4 x_tile[TILE_TOKENS * TILE_WORDS / 4];
    UNIT_SCRATCH
    int lane = get_local_id(0);
    int sub = get_local_id(1);
    int item = sub * UNIT_LANES + lane;
    int gated = flags & GATED;
    // Rows of the result that a sub-group has.
    int span = gated ? SUB_ROWS / 2 : SUB_ROWS;

    int tiles = gated ? TILES(rows0) : TILES(rows0) + TILES(rows1) + TILES(rows2);
    size_t tile_bytes = PLANES_BYTES(columns);
    int first_tile = get_group_id(0) * ROW_SUBS * (span / 16);
    int first_token = get_group_id(1) * TILE_TOKENS;

    // What this work-item brings: rows beyond the last tile repeat it and are not written.
    const global uchar *from[ROWS_EACH];
#pragma unroll
    for (int e = 0; e < ROWS_EACH; e++) {
        int row = item % TILE_ROWS + e * ITEMS;
        int within = row % SUB_ROWS;
        int tile = min(first_tile + row / SUB_ROWS * (span / 16) + within % span / 16, tiles - 1);
        from[e] = within < span ? place_of(tile, w0, w1, w2, rows0, rows1, rows2, tile_bytes).tile : w1 + tile_bytes * tile;
    }
    int first_octet = item / TILE_ROWS * OCTETS_EACH;
    // So are tokens beyond the last.
    const global float *mine[TOKENS_EACH];
#pragma unroll
    for (int e = 0; e < TOKENS_EACH; e++) {
        mine[e] = x + x_at + (size_t)min(first_token + item / 4 + e * (ITEMS / 4), tokens - 1) * columns;
    }
    int aligned = ((x_at | columns) & 3) == 0;

    sum_t sum[TOKEN_FRAGS][ROW_FRAGS];
#pragma unroll
    for (int t = 0; t < TOKEN_FRAGS; t++) {
#pragma unroll
        for (int r = 0; r < ROW_FRAGS; r++) {
            sum[t][r] = 0.0f;
        }
    }
    const local uint *own_tokens = (const local uint *)x_tile + sub / ROW_SUBS * SUB_TOKENS * TILE_WORDS;
    const local uint *own_rows = (const local uint *)w_tile + sub % ROW_SUBS * SUB_ROWS * TILE_WORDS;
#pragma unroll 1
    for (int part = 0; part < (columns + 31) / 32; part++) {
#pragma unroll
        for (int e = 0; e < ROWS_EACH; e++) {
            int row = item % TILE_ROWS + e * ITEMS;
#pragma unroll
            for (int i = 0; i < OCTETS_EACH; i++) {
                float4 low;
                float4 high;
                expand_eight(from[e], columns, row % 16, part, 8 * (first_octet + i), &low, &high);
                w_tile[row * (TILE_WORDS / 4) + first_octet + i] = packed(low, high);
            }
        }
        if (item < 4 * TILE_TOKENS) {
#pragma unroll
            for (int e = 0; e < TOKENS_EACH; e++) {
                int brought = item / 4 + e * (ITEMS / 4);
                x_tile[brought * (TILE_WORDS / 4) + item % 4] = octet_of(mine[e], columns, 32 * part + item % 4 * 8, aligned);
            }
        }
        barrier(CLK_LOCAL_MEM_FENCE);
#pragma unroll UNIT_UNROLL
        for (int words = 0; words < 16; words += 8) {
            row_frag_t b[ROW_FRAGS];
#pragma unroll UNIT_UNROLL
            for (int r = 0; r < ROW_FRAGS; r++) {
                b[r] = load_rows(own_rows + r * UNIT_ROWS * TILE_WORDS + words, lane);
            }
#pragma unroll UNIT_UNROLL
            for (int t = 0; t < TOKEN_FRAGS; t++) {
                token_frag_t a = load_tokens(own_tokens + t * UNIT_TOKENS * TILE_WORDS + words, lane);
#pragma unroll UNIT_UNROLL
                for (int r = 0; r < ROW_FRAGS; r++) {
                    sum[t][r] = MULTIPLY_TILES(a, b[r], sum[t][r]);
                }
            }
        }
        barrier(CLK_LOCAL_MEM_FENCE);
    }

    // One pair of fragments after another, so that what follows is there once: they are in registers, which have no index.
#pragma unroll 1
    for (int pair = 0; pair < span / UNIT_ROWS * TOKEN_FRAGS; pair++) {
        sum_t value = 0.0f;
        sum_t partner = 0.0f;
#pragma unroll UNIT_UNROLL
        for (int r = 0; r < ROW_FRAGS; r++) {
#pragma unroll UNIT_UNROLL
            for (int t = 0; t < TOKEN_FRAGS; t++) {
                if (pair == r * TOKEN_FRAGS + t) {
                    value = sum[t][r];
                    partner = sum[t][(r + ROW_FRAGS / 2) % ROW_FRAGS];
                }
            }
        }
        int row = pair / TOKEN_FRAGS * UNIT_ROWS;
        int tile = first_tile + (sub % ROW_SUBS * span + row) / 16;
        if (tile < tiles) {
            place_t p = place_of(tile, w0, w1, w2, rows0, rows1, rows2, tile_bytes);
            int first = first_token + sub / ROW_SUBS * SUB_TOKENS + pair % TOKEN_FRAGS * UNIT_TOKENS;
            float values[UNIT_SUMS];
            float partners[UNIT_SUMS];
            SPREAD(4.0f * value, values);
            SPREAD(4.0f * partner, partners);
#pragma unroll
            for (int i = 0; i < UNIT_SUMS; i++) {
                int token = first + TOKEN_OF_SUM(lane, i);
                if (token < tokens) {
                    float v = gated ? partners[i] * activate(values[i], flags & GELU) : values[i];
                    size_t at = (size_t)token * stride;
                    finish(v, p, row % 16 + ROW_OF_SUM(lane, i), bias, residual + residual_at + at, y + y_at + at, flags);
                }
            }
        }
    }
}
