// y = W x (+ bias) (+ residual), or activation(W0 x) * (W1 x), for one token; x is RMS-normalised first if asked. As
// matvec.cl, from row planes.
//
// w0, w1, w2   matrices as row planes (docs/weight-layout.md), see linear.cl; absent ones have no rows
// columns      width of the matrices; a multiple of the format's block
// x            f32 [columns] from element x_at
// gain, eps    of the norm: x * gain / sqrt(mean(x * x) + eps)
// y            f32 [rows0 + rows1 + rows2] from element y_at (with GATED [rows0]); may be the residual
//
// A work-group of (COLUMN_ITEMS, ROW_ITEMS) work-items computes a run of tiles of 16 rows, one after another. A row of
// work-items has 16 / ROW_ITEMS rows of a tile; its work-items take every COLUMN_ITEMS-th chunk of 16 bytes of each, and
// what they read of x serves all their rows. Sums meet in local memory at the end of a tile. x lies in local memory, a
// slice at a time, with the like columns of neighbouring parts side by side, so that work-items do not meet in a bank.
//
// Tunable: QUANT (the format's file), COLUMN_ITEMS, ROW_ITEMS (2, 4, 8 or 16), SLICE_PARTS (a multiple of 32),
// MULTIPLY_ADD.

#ifndef QUANT
#define QUANT "planes/q4_0.cl"
#endif
#ifndef COLUMN_ITEMS
#define COLUMN_ITEMS 32
#endif
#ifndef ROW_ITEMS
#define ROW_ITEMS 8
#endif
#ifndef SLICE_PARTS
#define SLICE_PARTS 128
#endif
#include QUANT
#include "linear.cl"
#define FLOATS 1
#include "activate.cl"

#define ITEMS (COLUMN_ITEMS * ROW_ITEMS)
#define ROWS (16 / ROW_ITEMS)
#define SLICE_COLS (32 * SLICE_PARTS)
#define PITCH (SLICE_PARTS + 1)
#define SUMS (SCALE_HALVES ? SLICE_COLS / SCALE_COLS : 1)

// Brings a slice of x into local memory: column c of part p at [c][p]. Then the sums of columns that share a scale. Barriers
// stand outside of conditions, which compilers for CPUs would multiply; a slice that is there costs nothing else.
static inline void stage(const global float *x, const global float *gain, float factor, int columns, int from, int flags,
                         int present, local float *panel, local float *sums, int item) {
    int count = present ? 0 : min(SLICE_COLS, (columns - from + 31) & ~31);
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int i = item; i < count; i += ITEMS) {
        int c = from + i;
        float v = c < columns ? x[c] : 0.0f;
        if ((flags & NORM) && c < columns) {
            v *= factor * gain[c];
        }
        panel[i % 32 * PITCH + i / 32] = v;
    }
    barrier(CLK_LOCAL_MEM_FENCE);
#if SCALE_HALVES
    for (int i = item; i < count / SCALE_COLS; i += ITEMS) {
        const local float *p = panel + i * SCALE_COLS % 32 * PITCH + i * SCALE_COLS / 32;
        float sum = 0.0f;
#pragma unroll 4
        for (int c = 0; c < SCALE_COLS; c++) {
            sum += p[c * PITCH];
        }
        sums[i] = sum;
    }
    barrier(CLK_LOCAL_MEM_FENCE);
#endif
}

// Adds this work-item's share of its rows times the slice.
static inline void dot_rows(const global uchar *tile, int columns, int from, const local float *panel,
                            const local float *sums, int column_item, int first_row, float y[ROWS]) {
    int first = from / CHUNK_COLS;
    int chunks = min(CHUNKS(columns) - first, SLICE_COLS / CHUNK_COLS);
    for (int i = column_item; i < chunks; i += COLUMN_ITEMS) {
        chunk_t w[ROWS];
#pragma unroll
        for (int r = 0; r < ROWS; r++) {
            w[r] = load_chunk(tile, columns, first_row + r, first + i);
        }
        const local float *x = panel + i % CHUNKS_PER_PART * CHUNK_COLS * PITCH + i / CHUNKS_PER_PART;
#pragma unroll
        for (int sub = 0; sub < CHUNK_COLS / SCALE_COLS; sub++) {
            float4 s[ROWS];
#pragma unroll
            for (int r = 0; r < ROWS; r++) {
                s[r] = 0.0f;
            }
#pragma unroll
            for (int quad = 0; quad < SCALE_COLS / 4; quad++) {
                int c = sub * SCALE_COLS + 4 * quad;
                float4 v = (float4)(x[c * PITCH], x[(c + 1) * PITCH], x[(c + 2) * PITCH], x[(c + 3) * PITCH]);
#pragma unroll
                for (int r = 0; r < ROWS; r++) {
                    s[r] = MULTIPLY_ADD(chunk_quad(w[r], c / 4), v, s[r]);
                }
            }
#if SCALE_HALVES
            int part = (first + i) / CHUNKS_PER_PART;
            float sum = sums[i * (CHUNK_COLS / SCALE_COLS) + sub];
#pragma unroll
            for (int r = 0; r < ROWS; r++) {
                float2 scale = scales_of(tile, columns, first_row + r, part, sub);
                float dot = (s[r].x + s[r].y) + (s[r].z + s[r].w);
                float offset = MULTIPLY_ADD(-QUANT_BIAS, scale.x, scale.y);
                y[r] = MULTIPLY_ADD(scale.x, dot, MULTIPLY_ADD(offset, sum, y[r]));
            }
#else
#pragma unroll
            for (int r = 0; r < ROWS; r++) {
                y[r] += (s[r].x + s[r].y) + (s[r].z + s[r].w);
            }
#endif
        }
    }
}

kernel __attribute__((reqd_work_group_size(COLUMN_ITEMS, ROW_ITEMS, 1)))
void matvec_planes(const global uchar *w0, const global uchar *w1, const global uchar *w2, int rows0, int rows1,
                   int rows2, int columns, int flags, const global float *gain, float eps, const global float *bias,
                   const global float *x, int x_at, const global float *residual, int residual_at, global float *y,
                   int y_at) {
    local float panel[32 * PITCH];
    local float sums[SUMS];
    local float scratch[ITEMS];
    local float shares[2][16][COLUMN_ITEMS + 1];
    int column_item = get_local_id(0);
    int row_item = get_local_id(1);
    int item = row_item * COLUMN_ITEMS + column_item;
    x += x_at;

    // The norm: sums of all work-items, then of 16 of them each, then all.
    float square = 0.0f;
    for (int c = item; c < columns && (flags & NORM); c += ITEMS) {
        square = MULTIPLY_ADD(x[c], x[c], square);
    }
    scratch[item] = square;
    barrier(CLK_LOCAL_MEM_FENCE);
    if (item < ITEMS / 16) {
        for (int i = 1; i < 16; i++) {
            square += scratch[item + i * (ITEMS / 16)];
        }
        scratch[item] = square;
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    square = 0.0f;
    for (int i = 0; i < ITEMS / 16; i++) {
        square += scratch[i];
    }
    float factor = 1.0f / sqrt(square / columns + eps);
    int staged = -1;

    int tiles = flags & GATED ? TILES(rows0) : TILES(rows0) + TILES(rows1) + TILES(rows2);
    int group = get_group_id(0);
    int groups = get_num_groups(0);
    int last = (int)((long)tiles * (group + 1) / groups);
    size_t tile_bytes = PLANES_BYTES(columns);
    for (int t = (int)((long)tiles * group / groups); t < last; t++) {
        place_t p = place_of(t, w0, w1, w2, rows0, rows1, rows2, tile_bytes);
        int passes = flags & GATED ? 2 : 1;
#pragma unroll 1
        for (int pass = 0; pass < passes; pass++) {
            const global uchar *tile = pass == 0 ? p.tile : w1 + tile_bytes * t;
            float sum[ROWS];
#pragma unroll
            for (int r = 0; r < ROWS; r++) {
                sum[r] = 0.0f;
            }
#pragma unroll 1
            for (int from = 0; from < columns; from += SLICE_COLS) {
                stage(x, gain, factor, columns, from, flags, staged == from, panel, sums, item);
                staged = from;
                dot_rows(tile, columns, from, panel, sums, column_item, row_item * ROWS, sum);
            }
#pragma unroll
            for (int r = 0; r < ROWS; r++) {
                shares[pass][row_item * ROWS + r][column_item] = sum[r];
            }
        }
        barrier(CLK_LOCAL_MEM_FENCE);
        if (item < 16) {
            float value = 0.0f;
            for (int i = 0; i < COLUMN_ITEMS; i++) {
                value += shares[0][item][i];
            }
            if (flags & GATED) {
                float other = 0.0f;
                for (int i = 0; i < COLUMN_ITEMS; i++) {
                    other += shares[1][item][i];
                }
                value = activate(value, flags & GELU) * other;
            }
            finish(value, p, item, bias, residual + residual_at, y + y_at, flags);
        }
        barrier(CLK_LOCAL_MEM_FENCE);
    }
}
