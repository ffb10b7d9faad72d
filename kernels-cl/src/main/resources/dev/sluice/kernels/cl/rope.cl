// What lies between the projections and attention, for each head of each token: RMS norm of the head, rotary embedding,
// and the way into the KV cache.
//
// q                f32 [tokens, heads * HEAD_DIM] from element q_at, rows q_stride apart
// k, v             f32 [tokens, kv_heads * HEAD_DIM] likewise; with APPEND they go to the cache, without only q counts
// y                where q goes, from element y_at, rows y_stride apart; may be q
// q_gain, k_gain   f32 [HEAD_DIM], with NORM_Q, NORM_K
// table            f32 [positions, pairs, 2]: cosine and sine of each position and pair, magnitude included
// keys, values     the cache (kv.cl) for `capacity` positions, with APPEND
// position         of the first token
//
// A work-group of ITEMS work-items has one token (dimension 0 of the groups) and a share of the heads: queries, then keys,
// then, with APPEND, values (dimension 1). Elements beyond 2 * pairs pass unchanged.
//
// Tunable: HEAD_DIM, KV_BITS, ITEMS.

#ifndef ITEMS
#define ITEMS 1
#endif
#include "kv.cl"
#include "kv_bytes.cl"
#include "heads.cl"

// Where elements of keys and values go: to the cache, or to where a whole head waits to be made bytes.
#if KV_BITS == 8
#define KEEP_T SHARED float
#define KEEP(value, at, d, p) (p)[d] = (value)
#else
#define KEEP_T global kv_t
#define KEEP(value, at, d, p) KV_STORE(value, at, p)
#endif

static inline void put(float value, int d, global float *y, KEEP_T *keys, size_t key, int is_key) {
    if (is_key) {
        KEEP(value, key + 16 * d, d, keys);
    } else {
        y[d] = value;
    }
}

kernel __attribute__((reqd_work_group_size(ITEMS, 1, 1)))
void rope(const global float *q, int q_at, int q_stride, int heads, const global float *q_gain, const global float *k, int k_at,
          int k_stride, int kv_heads, const global float *k_gain, float eps, const global float *v, int v_at,
          int v_stride, global float *y, int y_at, int y_stride, const global float *table, int pairs, int flags, global kv_t *keys, global kv_t *values,
          int capacity, int position) {
#if ITEMS > 1
    local float sums[ITEMS];
#endif
#if KV_BITS == 8
    SHARED float whole[VALUE_DIM];
    SHARED float scales[KV_RUNS];
#define KEPT_KEYS whole
#define KEPT_VALUES whole
#else
#define KEPT_KEYS keys
#define KEPT_VALUES values
#endif
    int item = get_local_id(0);
    size_t token = get_group_id(0);
    int at = position + token;
    table += (size_t)at * pairs * 2;
    int step = flags & HALVES ? 1 : 2;
    int across = flags & HALVES ? pairs : 1;
    int slots = heads + (flags & APPEND ? 2 * kv_heads : 0);
    int group = get_group_id(1);
    int groups = get_num_groups(1);
    int last = slots * (group + 1) / groups;
    for (int slot = slots * group / groups; slot < last; slot++) {
        int is_value = slot >= heads + kv_heads;
        int is_key = slot >= heads && !is_value;
        int head = is_value ? slot - heads - kv_heads : is_key ? slot - heads : slot;
        if (is_value) {
            const global float *from = v + v_at + token * v_stride + head * HEAD_DIM;
            size_t to = VALUE_AT(head, capacity, at, 0);
            for (int d = item; d < VALUE_DIM; d += ITEMS) {
                float value = d < HEAD_DIM ? from[d] : 0.0f;
                KEEP(value, to + d, d, KEPT_VALUES);
            }
        } else {
            const global float *x = is_key ? k + k_at + token * k_stride : q + q_at + token * q_stride;
            x += head * HEAD_DIM;
            global float *to = y + y_at + token * y_stride + head * HEAD_DIM;
            const global float *gain = is_key ? k_gain : q_gain;
            int normed = flags & (is_key ? NORM_K : NORM_Q);
            size_t key = is_key ? KEY_AT(head, capacity, at, 0) : 0;
            float factor = 1.0f;
            if (normed) {
                float sum = 0.0f;
                for (int d = item; d < HEAD_DIM; d += ITEMS) {
                    sum += x[d] * x[d];
                }
#if ITEMS > 1
                sums[item] = sum;
                barrier(CLK_LOCAL_MEM_FENCE);
                sum = 0.0f;
                for (int i = 0; i < ITEMS; i++) {
                    sum += sums[i];
                }
                barrier(CLK_LOCAL_MEM_FENCE);
#endif
                factor = 1.0f / sqrt(sum / HEAD_DIM + eps);
            }
            for (int i = item; i < pairs; i += ITEMS) {
                int d = step * i;
                int e = d + across;
                float a = x[d] * factor;
                float b = x[e] * factor;
                if (normed) {
                    a *= gain[d];
                    b *= gain[e];
                }
                float c = table[2 * i];
                float s = table[2 * i + 1];
                put(a * c - b * s, d, to, KEPT_KEYS, key, is_key);
                put(a * s + b * c, e, to, KEPT_KEYS, key, is_key);
            }
            for (int d = 2 * pairs + item; d < HEAD_DIM; d += ITEMS) {
                float a = x[d] * factor;
                put(normed ? a * gain[d] : a, d, to, KEPT_KEYS, key, is_key);
            }
        }
#if KV_BITS == 8
        // Queries are not kept, but come to the barriers as well.
        int runs = is_key || is_value ? KV_RUNS : 0;
        int width = is_key ? HEAD_DIM : is_value ? VALUE_DIM : 0;
        global char *bytes = is_value ? values + VALUE_AT(head, capacity, at, 0) : keys + KEY_AT(head, capacity, at, 0);
        global float *its = is_value ? (global float *)values + VALUE_SCALE_AT(kv_heads, head, capacity, at, 0)
                                     : (global float *)keys + KEY_SCALE_AT(kv_heads, head, capacity, at, 0);
        WAIT_FOR_ALL;
        kv_keep(whole, scales, runs, width, bytes, is_value ? 1 : 16, its, capacity, item, ITEMS);
#endif
    }
}
