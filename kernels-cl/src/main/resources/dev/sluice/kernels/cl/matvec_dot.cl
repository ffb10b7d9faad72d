// What matvec.cl computes, by integer dot products: x is rounded to 15 bits (rounding.cl), both bytes of which are multiplied
// with the quants as they are packed. For packed formats.
//
// Arguments as matvec.cl's, but
// panel   local memory, for each 32 columns [RECORD] words: 8 of q, 8 of r, scale, scale * sum, sums of q of columns 0 to 15
//         and 16 to 31, the same of r; then, with NORM or a tail, what stage needs
//
// A work-group is one work-item, which owns 16 rows at a time; any number of groups (dimension 0) will do.
//
// Tunable: QUANT (the format's file), VECTOR_DOT_X86_VNNI or VECTOR_DOT_X86_VNNI_LLVM, MULTIPLY_ADD.

#ifndef QUANT
#define QUANT "quant/q4_0.cl"
#endif
#undef LANES
#define LANES 16
#include "rows.cl"
#include QUANT
#include "parts.cl"
#include "linear.cl"
#define FLOATS LANES
#include "activate.cl"
#include "rounding.cl"
#include "vector_dot.cl"
#include "ahead.cl"
#include "shares.cl"

#define COLUMNS 32
#define RECORD 24
#define SCALE 16
#define SCALED_SUM 17
#define SUM 18
#define REST_SUM 20
// Parts that share a record: those of 16 columns are two.
#define HALVES (COLUMNS / PART_COLS)

static inline void stage(const global float *x, const global float *gain, float eps, int columns, int flags,
                         local int *panel) {
    float factor = 1.0f;
    if (flags & NORM) {
        float16 squares = 0.0f;
        for (int i = 0; i < columns; i += 16) {
            float16 v = vload16(0, x + i);
            squares = MULTIPLY_ADD(v, v, squares);
        }
        factor = 1.0f / sqrt(sum16(squares) / columns + eps);
    }
    for (int i = 0; i < columns; i += COLUMNS) {
        float16 a = vload16(0, x + i);
        float16 b = vload16(0, x + i + 16);
        if (flags & NORM) {
            a *= factor * vload16(0, gain + i);
            b *= factor * vload16(0, gain + i + 16);
        }
        int16 q[2];
        int16 r[2];
        float scale = round_block(a, b, q, r);
        local int *record = panel + i / COLUMNS * RECORD;
        vstore4(bytes_of(q[0]), 0, record);
        vstore4(bytes_of(q[1]), 1, record);
        vstore4(bytes_of(r[0]), 2, record);
        vstore4(bytes_of(r[1]), 3, record);
        record[SCALE] = as_int(scale);
        int4 sums = (int4)(sum_of(q[0]), sum_of(q[1]), sum_of(r[0]), sum_of(r[1]));
        vstore4(sums, 0, record + SUM);
        record[SCALED_SUM] = as_int(scale * (sums.x + sums.y + (sums.z + sums.w) * (1.0f / REST)));
    }
}

static inline float16 dot_rows(const global uchar *tile, int columns, const local int *panel) {
    float16 y = 0.0f;
    for (int b = 0; b < columns / COLUMNS; b++) {
        const local int *record = panel + b * RECORD;
        float16 sum = 0.0f;
#pragma unroll
        for (int h = 0; h < HALVES; h++) {
            int p = b * HALVES + h;
            const global uchar *unit = UNIT_OF(tile, p);
            int first = 8 / HALVES * h;
            ASK_AHEAD(unit + (size_t)PART_OF(p) * PART_BYTES, PART_BYTES)
            int16 s = HALVES == 1 ? (int)ZERO * -(record[SUM] + record[SUM + 1]) : (int)ZERO * -record[SUM + h];
            int16 t = HALVES == 1 ? (int)ZERO * -(record[REST_SUM] + record[REST_SUM + 1]) : (int)ZERO * -record[REST_SUM + h];
#pragma unroll
            for (int quad = 0; quad < PART_COLS / 4; quad++) {
                int16 w = part_bytes(unit, PART_OF(p), quad, 0);
                VECTOR_DOT(s, w, record + first + quad);
                VECTOR_DOT(t, w, record + 8 + first + quad);
            }
            float16 whole = MULTIPLY_ADD(convert_float16(t), (float16)(1.0f / REST), convert_float16(s));
            sum = MULTIPLY_ADD(whole, part_scale(unit, PART_OF(p), 0), sum);
        }
        y = MULTIPLY_ADD(sum, (float16)as_float(record[SCALE]), y);
#if HAS_MINIMUM
        y = MULTIPLY_ADD(part_minimum(UNIT_OF(tile, b), PART_OF(b), 0), (float16)as_float(record[SCALED_SUM]), y);
#endif
    }
    return y;
}

kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void matvec_dot(const global uchar *w0, const global uchar *w1, const global uchar *w2, int rows0, int rows1, int rows2,
                int columns, int flags, const global float *gain, float eps, const global float *bias,
                const global float *x, int x_at, const global float *residual, int residual_at, global float *y, int y_at,
                local int *panel) {
    stage(x + x_at, gain, eps, columns, flags, panel);
    int tiles = flags & GATED ? TILES(rows0) : TILES(rows0) + TILES(rows1) + TILES(rows2);
    size_t tile_bytes = TILE_BYTES(columns);
    FOR_SHARE(t, tiles) {
        place_t p = place_of(t, w0, w1, w2, rows0, rows1, rows2, tile_bytes);
        float16 sum = dot_rows(p.tile, columns, panel);
        if (flags & GATED) {
            sum = activate(sum, flags & GELU) * dot_rows(w1 + tile_bytes * t, columns, panel);
        }
        finish(sum, p, 0, bias, residual + residual_at, y + y_at, flags);
    }
}
