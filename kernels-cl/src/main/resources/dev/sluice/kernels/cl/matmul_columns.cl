// Y = X W^T (+ bias) (+ residual), or activation(X W0^T) * (X W1^T), for several tokens, from row columns, for devices whose
// work-items share memory slowly or not at all.
//
// w0, w1, w2   matrices as row columns (docs/weight-layout.md), see linear.cl; absent ones have no rows
// columns      width of the matrices; a multiple of the format's block
// x            f32 [tokens, columns] from element x_at
// residual, y  f32 [tokens, stride] from element residual_at, y_at; may be the same memory
//
// A work-item has one row and TOKENS tokens (dimension 1 of the groups): it expands four weights at a time, and its neighbours,
// which have the next rows, read the same numbers of x. There is no local memory.
//
// Tunable: QUANT (the format's file), ROW_ITEMS (a multiple of 16), TOKENS, SUB_GROUP, MULTIPLY_ADD.

#ifndef QUANT
#define QUANT "planes/q4_0.cl"
#endif
#ifndef ROW_ITEMS
#define ROW_ITEMS 64
#endif
#ifndef TOKENS
#define TOKENS 8
#endif
#define BY_COLUMNS 1
#include "demanded.cl"
#include QUANT
#include "linear.cl"
#define FLOATS 1
#include "activate.cl"

#define TILES_ACROSS (ROW_ITEMS / 16)

// Four columns of a token; zero beyond the last.
static inline float4 quad_of(const global float *x, int c, int columns) {
    if (SCALE_HALVES || c + 4 <= columns) {
        return vload4(0, x + c);
    }
    float v[4];
    for (int i = 0; i < 4; i++) {
        v[i] = c + i >= columns ? 0.0f : x[c + i];
    }
    return (float4)(v[0], v[1], v[2], v[3]);
}

kernel __attribute__((reqd_work_group_size(ROW_ITEMS, 1, 1))) DEMANDED
void matmul_columns(const global uchar *w0, const global uchar *w1, const global uchar *w2, int rows0, int rows1,
                    int rows2, int columns, int flags, const global float *bias, const global float *x, int x_at,
                    int tokens, const global float *residual, int residual_at, global float *y, int y_at, int stride) {
    int tiles = flags & GATED ? TILES(rows0) : TILES(rows0) + TILES(rows1) + TILES(rows2);
    int lane = get_local_id(0) % 16;
    int own = get_group_id(0) * TILES_ACROSS + get_local_id(0) / 16;
    int first_token = get_group_id(1) * TOKENS;
    if (own >= tiles) {
        return;
    }
    place_t p = place_of(own, w0, w1, w2, rows0, rows1, rows2, PLANES_BYTES(columns));
    float sum[TOKENS];
    float gate[TOKENS];
#pragma unroll
    for (int t = 0; t < TOKENS; t++) {
        sum[t] = 0.0f;
    }
    int passes = flags & GATED ? 2 : 1;
#pragma unroll 1
    for (int pass = 0; pass < passes; pass++) {
        const global uchar *tile = pass == 0 ? p.tile : w1 + (p.tile - w0);
#pragma unroll
        for (int t = 0; t < TOKENS; t++) {
            gate[t] = sum[t];
            sum[t] = 0.0f;
        }
#pragma unroll 1
        for (int i = 0; i < CHUNKS(columns); i++) {
            chunk_t w = load_chunk(tile, columns, lane, i);
#pragma unroll
            for (int sub = 0; sub < CHUNK_COLS / SCALE_COLS; sub++) {
#if SCALE_HALVES
                float2 scale = scales_of(tile, columns, lane, i / CHUNKS_PER_PART, i % CHUNKS_PER_PART + sub);
                float4 offset = MULTIPLY_ADD(-QUANT_BIAS, scale.x, scale.y);
#endif
#pragma unroll 2
                for (int quad = 0; quad < SCALE_COLS / 4; quad++) {
                    int c = sub * SCALE_COLS + 4 * quad;
                    float4 q = chunk_quad(w, c / 4);
#if SCALE_HALVES
                    q = MULTIPLY_ADD(q, (float4)scale.x, offset);
#endif
#pragma unroll
                    for (int t = 0; t < TOKENS; t++) {
                        // Tokens beyond the last repeat it and are not written.
                        const global float *its = x + x_at + (size_t)min(first_token + t, tokens - 1) * columns;
                        float4 v = quad_of(its, i * CHUNK_COLS + c, columns);
                        float s = MULTIPLY_ADD(q.x, v.x, sum[t]);
                        s = MULTIPLY_ADD(q.y, v.y, s);
                        s = MULTIPLY_ADD(q.z, v.z, s);
                        sum[t] = MULTIPLY_ADD(q.w, v.w, s);
                    }
                }
            }
        }
    }
#pragma unroll
    for (int t = 0; t < TOKENS; t++) {
        if (first_token + t < tokens) {
            float value = flags & GATED ? activate(gate[t], flags & GELU) * sum[t] : sum[t];
            size_t at = (size_t)(first_token + t) * stride;
            finish(value, p, lane, bias, residual + residual_at + at, y + y_at + at, flags);
        }
    }
}
