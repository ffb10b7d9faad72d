// y = W x (+ bias) (+ residual), or activation(W0 x) * (W1 x), for one token; x is RMS-normalised first if asked. As
// matvec.cl, from row columns, for devices whose work-items share memory slowly or not at all.
//
// w0, w1, w2   matrices as row columns (docs/weight-layout.md), see linear.cl; absent ones have no rows
// columns      width of the matrices; a multiple of the format's block
// x            f32 [columns] from element x_at
// gain, eps    of the norm: x * gain / sqrt(mean(x * x) + eps)
// y            f32 [rows0 + rows1 + rows2] from element y_at (with GATED [rows0]); may be the residual
//
// A work-group of (ROW_ITEMS, SHARES) work-items computes ROWS * ROW_ITEMS rows: a work-item has one row in each of ROWS
// tiles, and every SHARES-th chunk of 16 bytes of them, so that neighbours read neighbouring chunks, and all the same
// numbers of x. Local memory holds one sum of each work-item at the end, and of the norm; the weights never go there.
//
// Tunable: QUANT (the format's file), ROW_ITEMS (a multiple of 16), SHARES, ROWS (1 or 2), SUB_GROUP, MULTIPLY_ADD.

#ifndef QUANT
#define QUANT "planes/q4_0.cl"
#endif
#ifndef ROW_ITEMS
#define ROW_ITEMS 32
#endif
#ifndef SHARES
#define SHARES 4
#endif
#ifndef ROWS
#define ROWS 2
#endif
#define BY_COLUMNS 1
#include "demanded.cl"
#include QUANT
#include "linear.cl"
#define FLOATS 1
#include "activate.cl"

#define ITEMS (ROW_ITEMS * SHARES)
// Tiles side by side, of which a work-item has one in each of ROWS runs.
#define TILES_ACROSS (ROW_ITEMS / 16)

// Four columns of x, multiplied by the norm's gain; zero beyond the last.
static inline float4 quad_of(const global float *x, const global float *gain, int c, int columns, int flags) {
    if (SCALE_HALVES || c + 4 <= columns) {
        float4 v = vload4(0, x + c);
        return flags & NORM ? v * vload4(0, gain + c) : v;
    }
    float v[4];
    for (int i = 0; i < 4; i++) {
        v[i] = c + i >= columns ? 0.0f : flags & NORM ? x[c + i] * gain[c + i] : x[c + i];
    }
    return (float4)(v[0], v[1], v[2], v[3]);
}

static inline float all_of(float4 v) {
    return (v.x + v.y) + (v.z + v.w);
}

kernel __attribute__((reqd_work_group_size(ROW_ITEMS, SHARES, 1))) DEMANDED
void matvec_columns(const global uchar *w0, const global uchar *w1, const global uchar *w2, int rows0, int rows1,
                    int rows2, int columns, int flags, const global float *gain, float eps, const global float *bias,
                    const global float *x, int x_at, const global float *residual, int residual_at, global float *y,
                    int y_at) {
    local float scratch[ITEMS];
    local float shares[2 * ROWS * ITEMS];
    int row_item = get_local_id(0);
    int share = get_local_id(1);
    int item = share * ROW_ITEMS + row_item;
    x += x_at;

    float factor = 1.0f;
    float square = 0.0f;
    for (int c = item; c < columns && (flags & NORM); c += ITEMS) {
        square = MULTIPLY_ADD(x[c], x[c], square);
    }
    scratch[item] = square;
    barrier(CLK_LOCAL_MEM_FENCE);
    // The norm: sums of all work-items, then of 16 of them each, then all.
    if (item < ITEMS / 16) {
        for (int i = 1; i < 16; i++) {
            square += scratch[item + i * (ITEMS / 16)];
        }
        scratch[item] = square;
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    if (flags & NORM) {
        square = 0.0f;
        for (int i = 0; i < ITEMS / 16; i++) {
            square += scratch[i];
        }
        factor = 1.0f / sqrt(square / columns + eps);
    }

    int tiles = flags & GATED ? TILES(rows0) : TILES(rows0) + TILES(rows1) + TILES(rows2);
    size_t tile_bytes = PLANES_BYTES(columns);
    int lane = row_item % 16;
    int first = get_group_id(0) * (ROWS * TILES_ACROSS) + row_item / 16;
    const global uchar *mine[ROWS];
#pragma unroll
    for (int r = 0; r < ROWS; r++) {
        // Tiles beyond the last repeat it and are not written.
        int tile = min(first + r * TILES_ACROSS, tiles - 1);
        mine[r] = place_of(tile, w0, w1, w2, rows0, rows1, rows2, tile_bytes).tile;
    }
    int passes = flags & GATED ? 2 : 1;
#pragma unroll 1
    for (int pass = 0; pass < passes; pass++) {
        const global uchar *tile[ROWS];
        float sum[ROWS];
#pragma unroll
        for (int r = 0; r < ROWS; r++) {
            tile[r] = pass == 0 ? mine[r] : w1 + (mine[r] - w0);
            sum[r] = 0.0f;
        }
#pragma unroll 1
        for (int i = share; i < CHUNKS(columns); i += SHARES) {
            chunk_t w[ROWS];
#pragma unroll
            for (int r = 0; r < ROWS; r++) {
                w[r] = load_chunk(tile[r], columns, lane, i);
            }
#pragma unroll
            for (int sub = 0; sub < CHUNK_COLS / SCALE_COLS; sub++) {
                float4 s[ROWS];
                float4 xs = 0.0f;
#pragma unroll
                for (int r = 0; r < ROWS; r++) {
                    s[r] = 0.0f;
                }
#pragma unroll 4
                for (int quad = 0; quad < SCALE_COLS / 4; quad++) {
                    int c = sub * SCALE_COLS + 4 * quad;
                    float4 v = quad_of(x, gain, i * CHUNK_COLS + c, columns, flags);
                    xs += v;
#pragma unroll
                    for (int r = 0; r < ROWS; r++) {
                        s[r] = MULTIPLY_ADD(chunk_quad(w[r], c / 4), v, s[r]);
                    }
                }
#pragma unroll
                for (int r = 0; r < ROWS; r++) {
#if SCALE_HALVES
                    float2 scale =
                        scales_of(tile[r], columns, lane, i / CHUNKS_PER_PART, i % CHUNKS_PER_PART + sub);
                    float offset = MULTIPLY_ADD(-QUANT_BIAS, scale.x, scale.y);
                    sum[r] = MULTIPLY_ADD(scale.x, all_of(s[r]), MULTIPLY_ADD(offset, all_of(xs), sum[r]));
#else
                    sum[r] += all_of(s[r]);
#endif
                }
            }
        }
#pragma unroll
        for (int r = 0; r < ROWS; r++) {
            shares[(pass * ROWS + r) * ITEMS + item] = sum[r];
        }
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    // The shares of a row's sums; a row of work-items does one of ROWS runs of rows.
    for (int r = share; r < ROWS; r += SHARES) {
        int tile = first + r * TILES_ACROSS;
        if (tile < tiles) {
            const local float *its = shares + r * ITEMS + row_item;
            float value = 0.0f;
            float other = 0.0f;
            for (int i = 0; i < SHARES; i++) {
                value += its[i * ROW_ITEMS];
                other += flags & GATED ? its[(ROWS * SHARES + i) * ROW_ITEMS] : 0.0f;
            }
            value *= factor;
            if (flags & GATED) {
                value = activate(value, flags & GELU) * (factor * other);
            }
            place_t at = place_of(tile, w0, w1, w2, rows0, rows1, rows2, tile_bytes);
            finish(value, at, lane, bias, residual + residual_at, y + y_at, flags);
        }
    }
}
