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

kernel void round_tokens(const global float *x, int x_at, int columns, int tokens, int normalise, const global float *gain,
                         float eps, float large, global int *panels) {
    int first = get_global_id(0) * TOKENS;
    int count = min(TOKENS, tokens - first);
    int blocks = columns / COLUMNS;
    global int *panel = panels + get_global_id(0) * PANEL(columns);
    global int *used = panel + (size_t)blocks * 2 * RECORD * TOKENS;
    x += x_at + (size_t)first * columns;
    for (int b = 0; b < blocks; b++) {
        used[b] = 0;
    }
    for (int t = 0; t < TOKENS; t++) {
        const global float *row = x + (size_t)min(t, count - 1) * columns;
        float factor = t < count ? 1.0f : 0.0f;
        if (normalise && t < count) {
            float16 squares = 0.0f;
            for (int i = 0; i < columns; i += 16) {
                float16 v = vload16(0, row + i);
                squares += v * v;
            }
            factor = 1.0f / sqrt(sum16(squares) / columns + eps);
        }
        float total = 0.0f;
        for (int b = 0; b < blocks; b++) {
            float16 low = vload16(2 * b, row);
            float16 high = vload16(2 * b + 1, row);
            if (normalise) {
                low *= factor * vload16(2 * b, gain);
                high *= factor * vload16(2 * b + 1, gain);
            } else if (t >= count) {
                low = 0.0f;
                high = 0.0f;
            }
            int16 q[2];
            int16 r[2];
            float scale = round_block(low, high, q, r);
            total += scale;
            global int *record = panel + (size_t)b * RECORD * TOKENS;
            put(record, t, q, scale);
            put(record + (size_t)blocks * RECORD * TOKENS, t, r, scale * (1.0f / REST));
        }
        float limit = large / blocks * total;
        for (int b = 0; b < blocks; b++) {
            float scale = as_float(panel[((size_t)b * RECORD + 8) * TOKENS + t]);
            used[b] |= scale > limit;
        }
    }
}
