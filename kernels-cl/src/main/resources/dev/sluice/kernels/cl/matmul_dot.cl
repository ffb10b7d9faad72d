// What matmul.cl computes, by integer dot products with activations rounded to bytes. For packed formats.
//
// Arguments as matmul.cl's, but
// panels   as round_tokens.cl leaves them
//
// A work-item multiplies the quants of 16 rows, unpacked once, with TOKENS tokens. Dimension 0 of the groups divides the
// tiles, dimension 1 is the token panel.
//
// Tunable: QUANT (the format's file), TOKENS, VECTOR_DOT_X86_VNNI or VECTOR_DOT_X86_VNNI_LLVM, MULTIPLY_ADD.

#ifndef QUANT
#define QUANT "quant/q4_0.cl"
#endif
#ifndef TOKENS
#define TOKENS 12
#endif
#undef LANES
#define LANES 16
#include "rows.cl"
#include QUANT
#include "parts.cl"
#include "linear.cl"
#define FLOATS LANES
#include "activate.cl"
#include "vector_dot.cl"
#include "records.cl"

// Adds the products of 32 columns of 16 rows with a record.
#if HALVES == 1
static inline void accumulate(const global uchar *tile, int b, const global int *record, float16 sum[TOKENS]) {
    const global uchar *unit = UNIT_OF(tile, b);
    int16 s[TOKENS];
#pragma unroll
    for (int t = 0; t < TOKENS; t++) {
        s[t] = STARTS ? record[10 * TOKENS + t] : 0;
    }
#pragma unroll 1
    for (int pair = 0; pair < PART_COLS / 8; pair++) {
        int16 w0 = part_bytes(unit, PART_OF(b), 2 * pair, 0);
        int16 w1 = part_bytes(unit, PART_OF(b), 2 * pair + 1, 0);
#pragma unroll
        for (int t = 0; t < TOKENS; t++) {
            VECTOR_DOT(s[t], w0, record + 2 * pair * TOKENS + t);
            VECTOR_DOT(s[t], w1, record + (2 * pair + 1) * TOKENS + t);
        }
    }
    const global float *scales = (const global float *)(record + 8 * TOKENS);
    float16 scale = part_scale(unit, PART_OF(b), 0);
#pragma unroll
    for (int t = 0; t < TOKENS; t++) {
        sum[t] = MULTIPLY_ADD(convert_float16(s[t]) * scale, (float16)scales[t], sum[t]);
    }
#if HAS_MINIMUM
    const global float *sums = (const global float *)(record + 9 * TOKENS);
    float16 minimum = part_minimum(unit, PART_OF(b), 0);
#pragma unroll
    for (int t = 0; t < TOKENS; t++) {
        sum[t] = MULTIPLY_ADD(minimum, (float16)sums[t], sum[t]);
    }
#endif
}
#else
// Two scales: both halves' sums of some tokens are there at once, and are put together before the token's scale is
// applied. All tokens' would not fit the registers, so the bytes are unpacked to memory first. Such formats have a zero point.
#if HAS_MINIMUM
#error "two scales beside minimums"
#endif
#if TOKENS % 2 == 0
#define AT_ONCE (TOKENS / 2)
#else
#define AT_ONCE TOKENS
#endif
static inline void accumulate(const global uchar *tile, int b, const global int *record, float16 sum[TOKENS]) {
    const global uchar *unit = UNIT_OF(tile, 2 * b);
    int part = PART_OF(2 * b);
    int16 w[8];
#pragma unroll
    for (int q = 0; q < 8; q++) {
        w[q] = part_bytes(unit, part + q / 4, q % 4, 0);
    }
    float16 first = part_scale(unit, part, 0);
    float16 second = part_scale(unit, part + 1, 0);
    const global float *scales = (const global float *)(record + 8 * TOKENS);
#pragma unroll
    for (int from = 0; from < TOKENS; from += AT_ONCE) {
        int16 s[AT_ONCE];
        int16 r[AT_ONCE];
#pragma unroll
        for (int t = 0; t < AT_ONCE; t++) {
            s[t] = record[10 * TOKENS + from + t];
            r[t] = record[11 * TOKENS + from + t];
        }
#pragma unroll
        for (int q = 0; q < 4; q++) {
#pragma unroll
            for (int t = 0; t < AT_ONCE; t++) {
                VECTOR_DOT(s[t], w[q], record + q * TOKENS + from + t);
                VECTOR_DOT(r[t], w[4 + q], record + (4 + q) * TOKENS + from + t);
            }
        }
#pragma unroll
        for (int t = 0; t < AT_ONCE; t++) {
            float16 both = MULTIPLY_ADD(convert_float16(s[t]), first, convert_float16(r[t]) * second);
            sum[from + t] = MULTIPLY_ADD(both, (float16)scales[from + t], sum[from + t]);
        }
    }
}
#endif

static inline void multiply(const global uchar *tile, int columns, const global int *panel, float16 sum[TOKENS]) {
#pragma unroll
    for (int t = 0; t < TOKENS; t++) {
        sum[t] = 0.0f;
    }
    int blocks = columns / COLUMNS;
    const global int *rest = panel + (size_t)blocks * RECORD * TOKENS;
    const global int *used = rest + (size_t)blocks * RECORD * TOKENS;
    for (int b = 0; b < blocks; b++) {
        int planes = used[b] ? 2 : 1;
#pragma unroll 1
        for (int plane = 0; plane < planes; plane++) {
            accumulate(tile, b, (plane == 0 ? panel : rest) + (size_t)b * RECORD * TOKENS, sum);
        }
    }
}

kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void matmul_dot(const global uchar *w0, const global uchar *w1, const global uchar *w2, int rows0, int rows1, int rows2,
                int columns, int flags, const global float *bias, const global int *panels, int tokens,
                const global float *residual, int residual_at, global float *y, int y_at, int stride) {
    int first_token = get_group_id(1) * TOKENS;
    int count = min(TOKENS, tokens - first_token);
    const global int *panel = panels + get_group_id(1) * PANEL(columns);

    int tiles = flags & GATED ? TILES(rows0) : TILES(rows0) + TILES(rows1) + TILES(rows2);
    int group = get_group_id(0);
    int groups = get_num_groups(0);
    int last = (int)((long)tiles * (group + 1) / groups);
    size_t tile_bytes = TILE_BYTES(columns);
    for (int t = (int)((long)tiles * group / groups); t < last; t++) {
        place_t p = place_of(t, w0, w1, w2, rows0, rows1, rows2, tile_bytes);
        float16 sum[TOKENS];
        float16 gate[TOKENS];
        int passes = flags & GATED ? 2 : 1;
#pragma unroll 1
        for (int pass = 0; pass < passes; pass++) {
            if (pass == 1) {
                for (int i = 0; i < TOKENS; i++) {
                    gate[i] = activate(sum[i], flags & GELU);
                }
            }
            multiply(pass == 0 ? p.tile : w1 + tile_bytes * t, columns, panel, sum);
        }
#pragma unroll 1
        for (int i = 0; i < count; i++) {
            size_t at = (size_t)(first_token + i) * stride;
            finish(passes == 2 ? gate[i] * sum[i] : sum[i], p, 0, bias, residual + residual_at + at, y + y_at + at, flags);
        }
    }
}
