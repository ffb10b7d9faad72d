// Y = X W^T (+ bias) (+ residual), or activation(X W0^T) * (X W1^T), for several tokens, from row planes and activations
// in bytes: as matmul_planes.cl, with integer dot products.
//
// w0, w1, w2      quantised matrices as row planes (docs/weight-layout.md), see linear.cl; absent ones have no rows
// columns         width of the matrices; a multiple of the format's block
// bytes, scales   X as quantise.cl leaves it
// residual, y     f32 [tokens, stride] from element residual_at, y_at; may be the same memory
//
// A work-group of (ROW_QUADS, TOKEN_QUADS) work-items makes a tile of 4 * ROW_QUADS rows (dimension 0 of the groups) and
// 4 * TOKEN_QUADS tokens (dimension 1), a work-item 4 by 4 of it, 32 columns at a time. Sums of columns that share a
// scale are exact; sums of those are f32.
//
// Tunable: QUANT (the format's file), ROW_QUADS, TOKEN_QUADS (multiples of 4), DOT (dot.cl), MULTIPLY_ADD.

#ifndef QUANT
#define QUANT "planes/q4_0.cl"
#endif
#ifndef ROW_QUADS
#define ROW_QUADS 16
#endif
#ifndef TOKEN_QUADS
#define TOKEN_QUADS 16
#endif
#include QUANT
#include "linear.cl"
#define FLOATS 1
#include "activate.cl"
#include "finish.cl"
#include "dot.cl"

#define ITEMS (ROW_QUADS * TOKEN_QUADS)
#define TILE_ROWS (4 * ROW_QUADS)
#define TILE_TOKENS (4 * TOKEN_QUADS)
#define W_PITCH (ROW_QUADS + 1)
#define X_PITCH (TOKEN_QUADS + 1)
// Scales of 32 columns: two where a chunk of 32 has two.
#define SCALES (CHUNK_COLS / SCALE_COLS == 2 ? 2 : 1)

static inline float4 scaled(int4 dots, float4 weights, float x, float4 sum) {
    return MULTIPLY_ADD(weights * x, convert_float4(dots), sum);
}

kernel __attribute__((reqd_work_group_size(ROW_QUADS, TOKEN_QUADS, 1)))
void matmul_bytes(const global uchar *w0, const global uchar *w1, const global uchar *w2, int rows0, int rows1,
                  int rows2, int columns, int flags, const global float *bias, const global int *bytes,
                  const global float *scales, int tokens, const global float *residual, int residual_at,
                  global float *y, int y_at, int stride) {
    local int4 w_tile[8 * W_PITCH];
    local int4 x_tile[8 * X_PITCH];
    local float4 w_scale[2 * W_PITCH];
    local float4 w_offset[2 * W_PITCH];
    local float4 x_scale[TILE_TOKENS];
    int row_quad = get_local_id(0);
    int token_quad = get_local_id(1);
    int item = token_quad * ROW_QUADS + row_quad;

    int tiles = flags & GATED ? TILES(rows0) : TILES(rows0) + TILES(rows1) + TILES(rows2);
    size_t tile_bytes = PLANES_BYTES(columns);
    int parts = columns / 32;
    int first_tile = get_group_id(0) * (TILE_ROWS / 16);
    int first_token = get_group_id(1) * TILE_TOKENS;
    // What this work-item brings: rows and tokens beyond the last repeat it and are not written.
    int loaded = min(first_tile + item % TILE_ROWS / 16, tiles - 1);
    const global uchar *tile = place_of(loaded, w0, w1, w2, rows0, rows1, rows2, tile_bytes).tile;
    size_t token = min(first_token + item % TILE_TOKENS, tokens - 1);
    bytes += token * parts * 8;
    scales += token * parts * 4;

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
        for (int part = 0; part < parts; part++) {
            // Two words, eight columns, at a time.
            for (int i = item / TILE_ROWS * 2; i < 8; i += ITEMS / TILE_ROWS * 2) {
                int chunk = part * CHUNKS_PER_PART + 4 * i / CHUNK_COLS;
                chunk_t bits = load_chunk(from, columns, item % 16, chunk);
                int quad = i % (CHUNK_COLS / 4);
                local int *to = (local int *)w_tile + i * (4 * W_PITCH) + item % TILE_ROWS;
                to[0] = chunk_bytes(bits, quad);
                to[4 * W_PITCH] = chunk_bytes(bits, quad + 1);
            }
            for (int s = item / TILE_ROWS; s < SCALES; s += ITEMS / TILE_ROWS) {
                float2 scale = scales_of(from, columns, item % 16, part, s);
                ((local float *)w_scale)[s * (4 * W_PITCH) + item % TILE_ROWS] = scale.x;
                ((local float *)w_offset)[s * (4 * W_PITCH) + item % TILE_ROWS] = scale.y;
            }
            for (int i = item / TILE_TOKENS * 2; i < 8; i += ITEMS / TILE_TOKENS * 2) {
                local int *to = (local int *)x_tile + i * (4 * X_PITCH) + item % TILE_TOKENS;
                to[0] = bytes[part * 8 + i];
                to[4 * X_PITCH] = bytes[part * 8 + i + 1];
            }
            if (item < TILE_TOKENS) {
                x_scale[item] = ((const global float4 *)scales)[part];
            }
            barrier(CLK_LOCAL_MEM_FENCE);
#pragma unroll
            for (int s = 0; s < SCALES; s++) {
                int4 dots[4];
#pragma unroll
                for (int t = 0; t < 4; t++) {
                    dots[t] = 0;
                }
#pragma unroll
                for (int i = 8 / SCALES * s; i < 8 / SCALES * (s + 1); i++) {
                    int4 w = w_tile[i * W_PITCH + row_quad];
                    int4 v = x_tile[i * X_PITCH + token_quad];
#define DOT_ROWS(t, of)                             \
    dots[t].x = DOT4(w.x, of, dots[t].x);           \
    dots[t].y = DOT4(w.y, of, dots[t].y);           \
    dots[t].z = DOT4(w.z, of, dots[t].z);           \
    dots[t].w = DOT4(w.w, of, dots[t].w)
                    DOT_ROWS(0, v.x);
                    DOT_ROWS(1, v.y);
                    DOT_ROWS(2, v.z);
                    DOT_ROWS(3, v.w);
                }
                float4 weights = w_scale[s * W_PITCH + row_quad];
                float4 offsets = w_offset[s * W_PITCH + row_quad];
#pragma unroll
                for (int t = 0; t < 4; t++) {
                    float4 x = x_scale[4 * token_quad + t];
                    float total = SCALES == 1 ? x.w : s == 0 ? x.y : x.z;
                    sum[t] = scaled(dots[t], weights, x.x, MULTIPLY_ADD(offsets, (float4)total, sum[t]));
                }
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
