// Rearranges and rounds tokens for matmul_dot.cl: f32 [tokens, columns] -> bytes in panels of TOKENS tokens; each token is
// RMS-normalised first if `normalise` is not 0: x * gain / sqrt(mean(x * x) + eps).
//
// panels   see records.cl
// large    r is used where the scale of a token is above this many times the mean of its scales
//
// Work-item: a panel (dimension 0).
//
// Tunable: QUANT (the file of the format that they are to be multiplied with), TOKENS.

#ifndef TOKENS
#define TOKENS 12
#endif
#ifndef QUANT
#define QUANT "quant/q4_0.cl"
#endif
#undef LANES
#define LANES 16
#include "rows.cl"
#include QUANT
#include "records.cl"
#include "rounding.cl"

static inline void put(global int *record, int t, int16 q[2], float scale) {
    int4 words[2] = {bytes_of(q[0]), bytes_of(q[1])};
    for (int h = 0; h < 2; h++) {
        global int *at = record + 4 * h * TOKENS + t;
        at[0] = words[h].x;
        at[TOKENS] = words[h].y;
        at[2 * TOKENS] = words[h].z;
        at[3 * TOKENS] = words[h].w;
    }
    int first = sum_of(q[0]);
    int second = sum_of(q[1]);
    record[8 * TOKENS + t] = as_int(scale);
    record[9 * TOKENS + t] = as_int(scale * (first + second));
    if (STARTS == 1) {
        record[10 * TOKENS + t] = (int)ZERO * -(first + second);
    } else if (STARTS == 2) {
        record[10 * TOKENS + t] = (int)ZERO * -first;
        record[11 * TOKENS + t] = (int)ZERO * -second;
    }
}

// Columns 16 * i to 16 * i + 15 of a row as they are rounded.
static inline float16 sixteen(const global float *row, int i, float factor, int normalise, const global float *gain) {
    float16 v = factor * vload16(i, row);
    return normalise ? v * vload16(i, gain) : v;
}

kernel void round_tokens(const global float *x, int x_at, int columns, int tokens, int normalise, const global float *gain,
                         float eps, float large, global int *panels) {
    int first = get_global_id(0) * TOKENS;
    int count = min(TOKENS, tokens - first);
    int blocks = columns / COLUMNS;
    global int *panel = panels + get_global_id(0) * PANEL(columns);
    global int *rest = panel + (size_t)blocks * RECORD * TOKENS;
    global int *used = rest + (size_t)blocks * RECORD * TOKENS;
    x += x_at + (size_t)first * columns;
    for (int b = 0; b < blocks; b++) {
        used[b] = 0;
    }
    // Scales come first: they tell where r is to be used, and elsewhere it need not be made.
    float factors[TOKENS];
    for (int t = 0; t < count; t++) {
        const global float *row = x + (size_t)t * columns;
        float factor = 1.0f;
        if (normalise) {
            float16 squares = 0.0f;
            for (int i = 0; i < columns; i += 16) {
                float16 v = vload16(0, row + i);
                squares += v * v;
            }
            factor = 1.0f / sqrt(sum16(squares) / columns + eps);
        }
        factors[t] = factor;
        float total = 0.0f;
        for (int b = 0; b < blocks; b++) {
            float16 low = sixteen(row, 2 * b, factor, normalise, gain);
            float16 high = sixteen(row, 2 * b + 1, factor, normalise, gain);
            float scale = block_scale(low, high);
            total += scale;
            panel[((size_t)b * RECORD + 8) * TOKENS + t] = as_int(scale);
        }
        float limit = large / blocks * total;
        for (int b = 0; b < blocks; b++) {
            float scale = as_float(panel[((size_t)b * RECORD + 8) * TOKENS + t]);
            used[b] |= scale > limit;
        }
    }
    for (int b = 0; b < blocks; b++) {
        global int *record = panel + (size_t)b * RECORD * TOKENS;
        for (int t = 0; t < TOKENS; t++) {
            int16 q[2] = {0, 0};
            int16 r[2] = {0, 0};
            float scale = 0.0f;
            if (t < count) {
                const global float *row = x + (size_t)t * columns;
                scale = as_float(record[8 * TOKENS + t]);
                float inverse = inverse_scale(scale);
                float16 low = inverse * sixteen(row, 2 * b, factors[t], normalise, gain);
                float16 high = inverse * sixteen(row, 2 * b + 1, factors[t], normalise, gain);
                q[0] = nearest(low);
                q[1] = nearest(high);
                if (used[b]) {
                    r[0] = rest_of(low, q[0]);
                    r[1] = rest_of(high, q[1]);
                }
            }
            put(record, t, q, scale);
            if (used[b]) {
                put(rest + (size_t)b * RECORD * TOKENS, t, r, scale * (1.0f / REST));
            }
        }
    }
}
