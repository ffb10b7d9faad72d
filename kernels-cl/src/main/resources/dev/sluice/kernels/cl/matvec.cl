// y = W x (+ bias) (+ residual), or activation(W0 x) * (W1 x), for one token; x is RMS-normalised first if asked.
//
// w0, w1, w2   matrices as row tiles (docs/weight-layout.md), see linear.cl; absent ones have no rows
// columns      width of the matrices; a multiple of the format's block
// x            f32 [columns] from element x_at
// gain, eps    of the norm: x * gain / sqrt(mean(x * x) + eps)
// y            f32 [rows0 + rows1 + rows2] from element y_at (with GATED [rows0]); may be the residual
// panel        local memory: x as the product reads it [parts * PART_COLS], then the sum of each part [parts]
//
// A work-group of (16 / LANES, SPLIT) work-items computes a run of tiles, one after another; its rows of work-items take
// every SPLIT-th part of the columns each and add up at the end. Any number of groups (dimension 0) will do.
//
// Tunable: QUANT (the format's file), LANES (rows per work-item: 16 or 1), SPLIT, MULTIPLY_ADD.

#ifndef QUANT
#define QUANT "quant/q4_0.cl"
#endif
#ifndef SPLIT
#define SPLIT 1
#endif
#include "rows.cl"
#include QUANT
#include "parts.cl"
#include "linear.cl"
#define FLOATS LANES
#include "activate.cl"
#include "vectors.cl"
#include "ahead.cl"
#include "shares.cl"

#define ITEMS (16 / LANES * SPLIT)
// Vector units convert bytes where they stand in a word; x is scaled to suit, which a power of two does without rounding.
#define RAW (PACKED && LANES == 16)
#define RAW_SCALES ((float16)(RAW_FOUR, RAW_FOUR, RAW_FOUR, RAW_FOUR))
#define RAW_FOUR RAW_SCALE(0), RAW_SCALE(1), RAW_SCALE(2), RAW_SCALE(3)

static inline float total(float mine, local float *scratch, int item) {
#if ITEMS == 1
    return mine;
#else
    scratch[item] = mine;
    barrier(CLK_LOCAL_MEM_FENCE);
    float sum = 0.0f;
    for (int i = 0; i < ITEMS; i++) {
        sum += scratch[i];
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    return sum;
#endif
}

// Brings x into the panel.
static inline void stage(const global float *x, const global float *gain, float eps, int columns, int parts, int flags,
                         local float *panel, local float *scratch, int item) {
    int whole = columns & ~15;
    float factor = 1.0f;
    if (flags & NORM) {
        float16 squares = 0.0f;
        for (int i = 16 * item; i < whole; i += 16 * ITEMS) {
            float16 v = vload16(0, x + i);
            squares = MULTIPLY_ADD(v, v, squares);
        }
        float sum = sum16(squares);
        for (int i = whole + item; i < columns; i += ITEMS) {
            sum += x[i] * x[i];
        }
        factor = 1.0f / sqrt(total(sum, scratch, item) / columns + eps);
    }
    for (int i = 16 * item; i < whole; i += 16 * ITEMS) {
        float16 v = vload16(0, x + i);
        if (flags & NORM) {
            v *= factor * vload16(0, gain + i);
        }
        vstore16(v, 0, panel + i);
    }
    for (int i = whole + item; i < parts * PART_COLS; i += ITEMS) {
        panel[i] = i < columns ? flags & NORM ? x[i] * (factor * gain[i]) : x[i] : 0.0f;
    }
    barrier(CLK_LOCAL_MEM_FENCE);
#if PACKED
    for (int p = item; p < parts; p += ITEMS) {
        float16 sum = 0.0f;
        for (int i = p * PART_COLS; i < (p + 1) * PART_COLS; i += 16) {
            float16 v = vload16(0, panel + i);
            sum += v;
#if RAW
            vstore16(v * RAW_SCALES, 0, panel + i);
#endif
        }
        panel[parts * PART_COLS + p] = sum16(sum);
    }
    barrier(CLK_LOCAL_MEM_FENCE);
#endif
}

// This work-item's share of 16 (or one) rows times x.
static inline rows_t dot_rows(const global uchar *tile, int columns, int parts, const local float *panel, int lane,
                              int split) {
    rows_t y = 0.0f;
    int whole = columns / PART_COLS;
    for (int p = split; p < whole; p += SPLIT) {
        const global uchar *unit = UNIT_OF(tile, p);
        const local float *x = panel + p * PART_COLS;
        ASK_AHEAD(unit + (size_t)PART_OF(p) * PART_BYTES, PART_BYTES)
        rows_t s0 = 0.0f;
        rows_t s1 = 0.0f;
        rows_t s2 = 0.0f;
        rows_t s3 = 0.0f;
#pragma unroll
        for (int quad = 0; quad < PART_COLS / 4; quad++) {
            rows_t q[4];
#if RAW
            raw_quad(part_bytes(unit, PART_OF(p), quad, lane), q);
#else
            part_quad(unit, PART_OF(p), quad, lane, q);
#endif
            s0 = MULTIPLY_ADD(q[0], (rows_t)x[4 * quad], s0);
            s1 = MULTIPLY_ADD(q[1], (rows_t)x[4 * quad + 1], s1);
            s2 = MULTIPLY_ADD(q[2], (rows_t)x[4 * quad + 2], s2);
            s3 = MULTIPLY_ADD(q[3], (rows_t)x[4 * quad + 3], s3);
        }
        s0 = (s0 + s1) + (s2 + s3);
#if PACKED
        rows_t scale = part_scale(unit, PART_OF(p), lane);
        rows_t offset = part_offset(unit, PART_OF(p), lane, scale);
        y = MULTIPLY_ADD(scale, s0, MULTIPLY_ADD(offset, (rows_t)panel[parts * PART_COLS + p], y));
#else
        y += s0;
#endif
    }
#if UNIT_COLS == 1
    for (int c = whole * PART_COLS + split; c < columns; c += SPLIT) {
        y = MULTIPLY_ADD(column_of(tile + (size_t)c * UNIT_BYTES, lane), (rows_t)panel[c], y);
    }
#endif
    return y;
}

kernel __attribute__((reqd_work_group_size(16 / LANES, SPLIT, 1)))
void matvec(const global uchar *w0, const global uchar *w1, const global uchar *w2, int rows0, int rows1, int rows2,
            int columns, int flags, const global float *gain, float eps, const global float *bias,
            const global float *x, int x_at, const global float *residual, int residual_at, global float *y, int y_at,
            local float *panel) {
    local float scratch[ITEMS];
#if SPLIT > 1
    local rows_t sums[2][SPLIT][16 / LANES];
#endif
    int lane = get_local_id(0);
    int split = get_local_id(1);
    int item = split * (16 / LANES) + lane;
    int parts = (columns + PART_COLS - 1) / PART_COLS;
    stage(x + x_at, gain, eps, columns, parts, flags, panel, scratch, item);

    int tiles = flags & GATED ? TILES(rows0) : TILES(rows0) + TILES(rows1) + TILES(rows2);
    size_t tile_bytes = TILE_BYTES(columns);
    FOR_SHARE(t, tiles) {
        place_t p = place_of(t, w0, w1, w2, rows0, rows1, rows2, tile_bytes);
        rows_t sum = 0.0f;
        rows_t gate = 0.0f;
        int passes = flags & GATED ? 2 : 1;
#pragma unroll 1
        for (int pass = 0; pass < passes; pass++) {
            gate = sum;
            sum = dot_rows(pass == 0 ? p.tile : w1 + tile_bytes * t, columns, parts, panel, lane, split);
        }
#if SPLIT > 1
        sums[0][split][lane] = sum;
        sums[1][split][lane] = gate;
        barrier(CLK_LOCAL_MEM_FENCE);
        sum = sums[0][0][lane];
        gate = sums[1][0][lane];
        for (int i = 1; i < SPLIT; i++) {
            sum += sums[0][i][lane];
            gate += sums[1][i][lane];
        }
        barrier(CLK_LOCAL_MEM_FENCE);
#endif
        if (flags & GATED) {
            sum = activate(gate, flags & GELU) * sum;
        }
        if (split == 0) {
            finish(sum, p, lane, bias, residual + residual_at, y + y_at, flags);
        }
    }
}
