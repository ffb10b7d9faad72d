// Puts the shares of attention_split.cl together: out = sum(exp(m - M) * values) / sum(exp(m - M) * weights), M the
// largest of a head's maxima m.
//
// partial   f32 [heads, splits, VALUE_DIM]: weighted values; then [heads, splits, 2]: maximum and sum of weights
// splits    at most SPLITS
// out       f32 [heads, HEAD_DIM] from element out_at
//
// A work-group of ITEMS work-items has one head (dimension 0).
//
// Tunable: HEAD_DIM, ITEMS, SPLITS, MULTIPLY_ADD.

#ifndef ITEMS
#define ITEMS 64
#endif
#ifndef SPLITS
#define SPLITS 64
#endif
#ifndef MULTIPLY_ADD
#define MULTIPLY_ADD(a, b, c) fma(a, b, c)
#endif
#include "kv.cl"

kernel __attribute__((reqd_work_group_size(ITEMS, 1, 1)))
void attention_merge(const global float *partial, int heads, int splits, global float *out, int out_at) {
    local float shares[SPLITS];
    int item = get_local_id(0);
    int head = get_group_id(0);
    const global float *pairs = partial + (size_t)heads * splits * VALUE_DIM + head * splits * 2;
    float most = -FLT_MAX;
    for (int i = 0; i < splits; i++) {
        most = fmax(most, pairs[2 * i]);
    }
    for (int i = item; i < splits; i += ITEMS) {
        shares[i] = exp(pairs[2 * i] - most);
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    float weight = 0.0f;
    for (int i = 0; i < splits; i++) {
        weight = MULTIPLY_ADD(shares[i], pairs[2 * i + 1], weight);
    }
    const global float *values = partial + (size_t)head * splits * VALUE_DIM;
    for (int d = item; d < HEAD_DIM; d += ITEMS) {
        float sum = 0.0f;
#pragma unroll 4
        for (int i = 0; i < splits; i++) {
            sum = MULTIPLY_ADD(values[i * VALUE_DIM + d], shares[i], sum);
        }
        out[out_at + head * HEAD_DIM + d] = sum / weight;
    }
}
