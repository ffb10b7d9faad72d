// Y = X W^T (+ bias) (+ residual), or activation(X W0^T) * (X W1^T), for several tokens, from row planes.
//
// w0, w1, w2   matrices as row planes (docs/weight-layout.md), see linear.cl; absent ones have no rows
// columns      width of the matrices; a multiple of the format's block
// x            f32 [tokens, columns] from element x_at
// residual, y  f32 [tokens, stride] from element residual_at, y_at; may be the same memory
//
// A work-group of (ROW_QUADS, TOKEN_QUADS) work-items makes a tile of 4 * ROW_QUADS rows (dimension 0 of the groups) and
// 4 * TOKEN_QUADS tokens (dimension 1), a work-item 4 by 4 of it. 32 columns at a time, weights are expanded into local
// memory once, and x is laid beside them.
//
// With F16_PRODUCTS numbers in local memory and sums of 32 columns are f16 (cl_khr_fp16), and only their sum is f32. x is taken
// a quarter as large meanwhile: f16 ends at 65504, and little is lost of the smallest numbers.
//
// Tunable: QUANT (the format's file), ROW_QUADS, TOKEN_QUADS (multiples of 4), F16_PRODUCTS, MULTIPLY_ADD.

#ifndef QUANT
#define QUANT "planes/q4_0.cl"
#endif
#ifndef ROW_QUADS
#define ROW_QUADS 16
#endif
#ifndef TOKEN_QUADS
#define TOKEN_QUADS 16
#endif
#ifndef F16_PRODUCTS
#define F16_PRODUCTS 0
#endif
#include QUANT
#include "linear.cl"
#define FLOATS 1
#include "activate.cl"
#include "finish.cl"
#include "expand.cl"

#if F16_PRODUCTS
#pragma OPENCL EXTENSION cl_khr_fp16 : enable
typedef half num_t;
typedef half4 num4_t;
#define TO_NUM(v) ((half)(v))
#define X_TO_NUM(v) ((half)((v) * 0.25f))
#define TO_FLOATS(v) (4.0f * (float4)((v).x, (v).y, (v).z, (v).w))
#define MULTIPLY_ADD_NUM(a, b, c) ((a) * (b) + (c))
#else
typedef float num_t;
typedef float4 num4_t;
#define TO_NUM(v) (v)
#define X_TO_NUM(v) (v)
#define TO_FLOATS(v) (v)
#define MULTIPLY_ADD_NUM(a, b, c) MULTIPLY_ADD(a, b, c)
#endif

#define ITEMS (ROW_QUADS * TOKEN_QUADS)
#define TILE_ROWS (4 * ROW_QUADS)
#define TILE_TOKENS (4 * TOKEN_QUADS)
#define W_PITCH (ROW_QUADS + 1)
#define X_PITCH (TOKEN_QUADS + 1)

// Brings 32 columns of a row of weights into local memory, a share of them by each of ITEMS / TILE_ROWS work-items.
static inline void stage_weights(const global uchar *tile, int columns, int tile_row, int part, local num_t *w, int item) {
    for (int c = item / TILE_ROWS * 8; c < 32; c += ITEMS / TILE_ROWS * 8) {
        float4 low;
        float4 high;
        expand_eight(tile, columns, tile_row, part, c, &low, &high);
        local num_t *to = w + c * (4 * W_PITCH) + item % TILE_ROWS;
        to[0] = TO_NUM(low.x);
        to[4 * W_PITCH] = TO_NUM(low.y);
        to[8 * W_PITCH] = TO_NUM(low.z);
        to[12 * W_PITCH] = TO_NUM(low.w);
        to[16 * W_PITCH] = TO_NUM(high.x);
        to[20 * W_PITCH] = TO_NUM(high.y);
        to[24 * W_PITCH] = TO_NUM(high.z);
        to[28 * W_PITCH] = TO_NUM(high.w);
    }
}

// The same of x; zero beyond the last column and token.
static inline void stage_tokens(const global float *x, int columns, int present, int part, local num_t *to, int item) {
    to += item % TILE_TOKENS;
    for (int c = item / TILE_TOKENS * 8; c < 32; c += ITEMS / TILE_TOKENS * 8) {
        int from = 32 * part + c;
#pragma unroll
        for (int i = 0; i < 8; i++) {
            to[(c + i) * (4 * X_PITCH)] = X_TO_NUM(present && from + i < columns ? x[from + i] : 0.0f);
        }
    }
}

kernel __attribute__((reqd_work_group_size(ROW_QUADS, TOKEN_QUADS, 1)))
void matmul_planes(const global uchar *w0, const global uchar *w1, const global uchar *w2, int rows0, int rows1,
                   int rows2, int columns, int flags, const global float *bias, const global float *x, int x_at,
                   int tokens, const global float *residual, int residual_at, global float *y, int y_at, int stride) {
    local num4_t w_tile[32 * W_PITCH];
    local num4_t x_tile[32 * X_PITCH];
    int row_quad = get_local_id(0);
    int token_quad = get_local_id(1);
    int item = token_quad * ROW_QUADS + row_quad;

    int tiles = flags & GATED ? TILES(rows0) : TILES(rows0) + TILES(rows1) + TILES(rows2);
    size_t tile_bytes = PLANES_BYTES(columns);
    int first_tile = get_group_id(0) * (TILE_ROWS / 16);
    int first_token = get_group_id(1) * TILE_TOKENS;
    // What this work-item brings: rows beyond the last tile repeat it and are not written.
    int loaded = min(first_tile + item % TILE_ROWS / 16, tiles - 1);
    const global uchar *tile = place_of(loaded, w0, w1, w2, rows0, rows1, rows2, tile_bytes).tile;
    int token = first_token + item % TILE_TOKENS;
    int present = token < tokens;
    const global float *mine = x + x_at + (size_t)(present ? token : 0) * columns;

    float4 sum[4];
    float4 gate[4];
#pragma unroll
    for (int t = 0; t < 4; t++) {
        sum[t] = 0.0f;
    }
    int passes = flags & GATED ? 2 : 1;
#pragma unroll 1
    for (int pass = 0; pass < passes; pass++) {
#pragma unroll
        for (int t = 0; t < 4; t++) {
            gate[t] = sum[t];
            sum[t] = 0.0f;
        }
        const global uchar *from = pass == 0 ? tile : w1 + tile_bytes * loaded;
        for (int part = 0; part < (columns + 31) / 32; part++) {
            stage_weights(from, columns, item % 16, part, (local num_t *)w_tile, item);
            stage_tokens(mine, columns, present, part, (local num_t *)x_tile, item);
            barrier(CLK_LOCAL_MEM_FENCE);
            num4_t dot[4];
#pragma unroll
            for (int t = 0; t < 4; t++) {
                dot[t] = 0;
            }
#pragma unroll 8
            for (int c = 0; c < 32; c++) {
                num4_t w = w_tile[c * W_PITCH + row_quad];
                num4_t v = x_tile[c * X_PITCH + token_quad];
                dot[0] = MULTIPLY_ADD_NUM(w, (num4_t)v.x, dot[0]);
                dot[1] = MULTIPLY_ADD_NUM(w, (num4_t)v.y, dot[1]);
                dot[2] = MULTIPLY_ADD_NUM(w, (num4_t)v.z, dot[2]);
                dot[3] = MULTIPLY_ADD_NUM(w, (num4_t)v.w, dot[3]);
            }
#pragma unroll
            for (int t = 0; t < 4; t++) {
                sum[t] += TO_FLOATS(dot[t]);
            }
            barrier(CLK_LOCAL_MEM_FENCE);
        }
    }

    int written = first_tile + row_quad / 4;
    if (written >= tiles) {
        return;
    }
    place_t p = place_of(written, w0, w1, w2, rows0, rows1, rows2, tile_bytes);
#pragma unroll
    for (int t = 0; t < 4; t++) {
        if (first_token + 4 * token_quad + t < tokens) {
            size_t at = (size_t)(first_token + 4 * token_quad + t) * stride;
            finish_quad(sum[t], gate[t], p, 4 * (row_quad % 4), bias, residual + residual_at + at, y + y_at + at, flags);
        }
    }
}
