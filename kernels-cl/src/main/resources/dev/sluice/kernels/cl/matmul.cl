// Y = X W^T (+ bias) (+ residual), or activation(X W0^T) * (X W1^T), for several tokens.
//
// w0, w1, w2   matrices as row tiles (docs/weight-layout.md), see linear.cl; absent ones have no rows
// columns      width of the matrices; a multiple of the format's block
// panels       X as pack.cl leaves it: f32 [ceil(tokens / TOKENS), columns, TOKENS], zero beyond the last token
// residual, y  f32 [tokens, stride] from element residual_at, y_at; may be the same memory
//
// A work-item turns the weights of 16 (LANES) rows into floats once and multiplies them with TOKENS tokens. A work-group
// is (16 / LANES, TILES_AT_ONCE) work-items; dimension 0 of the groups divides the tiles, dimension 1 the token panels: a group
// takes each tile through PANELS of them, while a cache holds it, so that weights come from memory less often.
//
// Tunable: QUANT (the format's file), LANES (16 or 1), TOKENS, PANELS, TILES_AT_ONCE, MULTIPLY_ADD.

#ifndef QUANT
#define QUANT "quant/q4_0.cl"
#endif
#ifndef TOKENS
#define TOKENS 16
#endif
#ifndef PANELS
#define PANELS 1
#endif
#ifndef TILES_AT_ONCE
#define TILES_AT_ONCE 1
#endif
#include "rows.cl"
#include QUANT
#include "parts.cl"
#include "linear.cl"
#define FLOATS LANES
#include "activate.cl"

static inline void multiply(const global uchar *tile, int columns, const global float *panel, int lane,
                            rows_t sum[TOKENS]) {
#pragma unroll
    for (int t = 0; t < TOKENS; t++) {
        sum[t] = 0.0f;
    }
    int whole = columns / PART_COLS;
    for (int p = 0; p < whole; p++) {
        const global uchar *unit = UNIT_OF(tile, p);
        const global float *x = panel + p * (PART_COLS * TOKENS);
#if PACKED
        rows_t scale = part_scale(unit, PART_OF(p), lane);
        rows_t offset = part_offset(unit, PART_OF(p), lane, scale);
#endif
        // Eight columns, the two halves of a word: what is unrolled further takes compilers minutes.
#pragma unroll 1
        for (int pair = 0; pair < PART_COLS / 8; pair++) {
            rows_t w[8];
            part_quad(unit, PART_OF(p), 2 * pair, lane, w);
            part_quad(unit, PART_OF(p), 2 * pair + 1, lane, w + 4);
#pragma unroll
            for (int b = 0; b < 8; b++) {
#if PACKED
                w[b] = MULTIPLY_ADD(w[b], scale, offset);
#endif
#pragma unroll
                for (int t = 0; t < TOKENS; t++) {
                    sum[t] = MULTIPLY_ADD(w[b], (rows_t)x[(8 * pair + b) * TOKENS + t], sum[t]);
                }
            }
        }
    }
#if UNIT_COLS == 1
    for (int c = whole * PART_COLS; c < columns; c++) {
        rows_t w = column_of(tile + (size_t)c * UNIT_BYTES, lane);
#pragma unroll
        for (int t = 0; t < TOKENS; t++) {
            sum[t] = MULTIPLY_ADD(w, (rows_t)panel[c * TOKENS + t], sum[t]);
        }
    }
#endif
}

kernel __attribute__((reqd_work_group_size(16 / LANES, TILES_AT_ONCE, 1)))
void matmul(const global uchar *w0, const global uchar *w1, const global uchar *w2, int rows0, int rows1, int rows2,
            int columns, int flags, const global float *bias, const global float *panels, int tokens,
            const global float *residual, int residual_at, global float *y, int y_at, int stride) {
    int lane = get_local_id(0);
    int from = get_group_id(1) * (PANELS * TOKENS);
    int to = min(from + PANELS * TOKENS, tokens);

    int tiles = flags & GATED ? TILES(rows0) : TILES(rows0) + TILES(rows1) + TILES(rows2);
    int group = get_group_id(0);
    int groups = get_num_groups(0);
    int last = (int)((long)tiles * (group + 1) / groups);
    size_t tile_bytes = TILE_BYTES(columns);
    for (int t = (int)((long)tiles * group / groups) + get_local_id(1); t < last; t += TILES_AT_ONCE) {
        place_t p = place_of(t, w0, w1, w2, rows0, rows1, rows2, tile_bytes);
#pragma unroll 1
        for (int first_token = from; first_token < to; first_token += TOKENS) {
            const global float *panel = panels + (size_t)first_token * columns;
            int count = min(TOKENS, to - first_token);
            rows_t sum[TOKENS];
            rows_t gate[TOKENS];
            int passes = flags & GATED ? 2 : 1;
#pragma unroll 1
            for (int pass = 0; pass < passes; pass++) {
                if (pass == 1) {
#if LANES == 1
#pragma unroll
#endif
                    for (int i = 0; i < TOKENS; i++) {
                        gate[i] = activate(sum[i], flags & GELU);
                    }
                }
                multiply(pass == 0 ? p.tile : w1 + tile_bytes * t, columns, panel, lane, sum);
            }
            // Counted at run time, i would keep the sums in memory; vectors, of which there are too many for registers anyway,
            // would be unrolled to a large text.
#if LANES == 1
#pragma unroll
#else
#pragma unroll 1
#endif
            for (int i = 0; i < TOKENS; i++) {
                if (i < count) {
                    size_t at = (size_t)(first_token + i) * stride;
                    finish(passes == 2 ? gate[i] * sum[i] : sum[i], p, lane, bias, residual + residual_at + at, y + y_at + at,
                           flags);
                }
            }
        }
    }
}
