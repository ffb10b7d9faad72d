// Rearranges tokens for matmul.cl: f32 [tokens, columns] -> panels [ceil(tokens / TOKENS), columns, TOKENS], zero beyond
// the last token; each token is RMS-normalised first if `normalise` is not 0: x * gain / sqrt(mean(x * x) + eps).
//
// A work-group of ITEMS work-items makes one panel (dimension 0).
//
// Tunable: TOKENS, ITEMS.

#ifndef TOKENS
#define TOKENS 16
#endif
#ifndef ITEMS
#define ITEMS 1
#endif
#include "vectors.cl"

kernel __attribute__((reqd_work_group_size(ITEMS, 1, 1)))
void pack(const global float *x, int x_at, int columns, int tokens, int normalise, const global float *gain, float eps,
          global float *panels) {
    local float factors[TOKENS];
    int item = get_local_id(0);
    int first = get_group_id(0) * TOKENS;
    int count = min(TOKENS, tokens - first);
    x += x_at + (size_t)first * columns;
    panels += (size_t)first * columns;
    for (int t = item; t < TOKENS; t += ITEMS) {
        float factor = 1.0f;
        if (normalise && t < count) {
            const global float *row = x + (size_t)t * columns;
            float16 squares = 0.0f;
            int c = 0;
            for (; c + 16 <= columns; c += 16) {
                float16 v = vload16(0, row + c);
                squares += v * v;
            }
            float sum = sum16(squares);
            for (; c < columns; c++) {
                sum += row[c] * row[c];
            }
            factor = 1.0f / sqrt(sum / columns + eps);
        }
        factors[t] = factor;
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int c = item; c < columns; c += ITEMS) {
        float g = normalise ? gain[c] : 1.0f;
        for (int t = 0; t < TOKENS; t++) {
            panels[c * TOKENS + t] = t < count ? x[(size_t)t * columns + c] * (factors[t] * g) : 0.0f;
        }
    }
}
