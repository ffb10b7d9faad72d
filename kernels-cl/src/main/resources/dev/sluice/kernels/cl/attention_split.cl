// Causal attention of one token over a share of the KV cache, and all that lies between the projections and it: norms
// of heads, rotary embedding, the way of the new key and value into the cache. The shares of one head are put together
// by attention_merge.cl ("flash decoding": Dao, Haziza, Massa and Sizov 2023).
//
// q, k, v          f32: the token's heads from elements q_at, k_at, v_at, as the projections leave them
// q_gain, k_gain   f32 [HEAD_DIM], with NORM_Q, NORM_K (heads.cl)
// table            f32 [positions, pairs, 2]: cosine and sine of each position and pair, magnitude included
// keys, values     the cache (kv.cl), filled up to `position`; the new key and value are written there
// position_at      where the position is, if launches are replayed at several; else null
// window           keys less than this many positions back are seen; 0: all
// length           positions of a share, a multiple of 16
// partial          f32 [heads, splits, VALUE_DIM]: weighted values; then [heads, splits, 2]: maximum and sum of weights
// out              f32 [heads, HEAD_DIM] from element out_at: the result where there is one share, else untouched
//
// A work-group of ITEMS work-items takes QUERIES heads that share a KV head (dimension 0 of the groups), so that its
// keys are read once, and a share of the positions (dimension 1). The last share has the new position too, which no
// group reads from the cache. Keys are met ITEMS at a time: a work-item computes the scores of one key; 16 work-items
// do the softmax of a head; then a work-item has four elements of every SLICES-th value.
//
// Tunable: HEAD_DIM, KV_BITS, ITEMS (at least 16 * QUERIES and VALUE_DIM / 4), QUERIES, MULTIPLY_ADD.

#ifndef ITEMS
#define ITEMS 128
#endif
#ifndef QUERIES
#define QUERIES 4
#endif
#ifndef MULTIPLY_ADD
#define MULTIPLY_ADD(a, b, c) fma(a, b, c)
#endif
#include "demanded.cl"
#include "kv.cl"
#include "kv_bytes.cl"
#include "heads.cl"

#define QUADS (VALUE_DIM / 4)
#define SLICES (ITEMS / QUADS)
// Heads lie half the banks of local memory apart.
#define SCORES (ITEMS + 16)

// Numbers as the cache will hold them, so that a token sees its own key as later tokens do.
#if KV_BITS == 8
#define as_kept(x) (x) // a whole head at a time, below
#define NEW_VALUE(d) new_value[d]
#define LOAD_KEY(p, at) ((float)(p)[at] * by)
#define LOAD_VALUES(p) convert_float4(vload4(0, p))
#define SCALED(x, scale) ((x) * (scale))
#elif KV_BITS == 16
static inline float as_kept(float x) {
    short bits;
    vstore_half_rte(x, 0, (half *)&bits);
    return vload_half(0, (const half *)&bits);
}
#define LOAD_KEY(p, at) vload_half(at, p)
#define LOAD_VALUES(p) vload_half4(0, p)
#else
#define as_kept(x) (x)
#define LOAD_KEY(p, at) (p)[at]
#define LOAD_VALUES(p) vload4(0, p)
#endif
#if KV_BITS != 8
#define NEW_VALUE(d) ((d) < HEAD_DIM ? as_kept(v[d]) : 0.0f)
#define SCALED(x, scale) (x)
#endif

static inline float sum_of_16(const local float *x) {
    float sum = x[0];
#pragma unroll
    for (int i = 1; i < 16; i++) {
        sum += x[i];
    }
    return sum;
}

kernel __attribute__((reqd_work_group_size(ITEMS, 1, 1))) DEMANDED
void attention_split(const global float *q, int q_at, int heads, const global float *q_gain, const global float *k,
                     int k_at, int kv_heads, const global float *k_gain, float eps, const global float *v, int v_at,
                     const global float *table, int pairs, int flags, global kv_t *keys, global kv_t *values,
                     int capacity, int position, const global int *position_at, int window, float scale,
                     int length, global float *partial, global float *out, int out_at) {
    local float turned[(QUERIES + 1) * HEAD_DIM];
    local float scores[QUERIES * SCORES];
    local float sums[(QUERIES + 1) * 16];
    local float factors[QUERIES + 1];
    local float4 parts[ITEMS];
#if KV_BITS == 8
    local float new_value[VALUE_DIM];
    local float scales[2 * KV_RUNS];
#endif

    if (position_at) {
        position = *position_at;
    }
    int item = get_local_id(0);
    int group = heads / kv_heads;
    int chunks = (group + QUERIES - 1) / QUERIES;
    int kv_head = get_group_id(0) / chunks;
    int chunk = get_group_id(0) % chunks;
    int count = min(QUERIES, group - chunk * QUERIES);
    int first = kv_head * group + chunk * QUERIES;
    int split = get_group_id(1);
    int splits = get_num_groups(1);
    int last = split == splits - 1;

    // The heads' norms. Row QUERIES is the new key; rows beyond the last head repeat it and are not written.
    q += q_at;
    k += k_at + kv_head * HEAD_DIM;
    v += v_at + kv_head * HEAD_DIM;
    int rows = last ? QUERIES + 1 : QUERIES;
    int normed_rows = flags & (NORM_Q | NORM_K) ? rows : 0;
    for (int i = item; i < normed_rows * 16; i += ITEMS) {
        int r = i / 16;
        const global float *x = r < QUERIES ? q + (first + min(r, count - 1)) * HEAD_DIM : k;
        float sum = 0.0f;
        for (int d = i % 16; d < HEAD_DIM; d += 16) {
            sum += x[d] * x[d];
        }
        sums[i] = sum;
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int r = item; r < normed_rows; r += ITEMS) {
        factors[r] = 1.0f / sqrt(sum_of_16(sums + 16 * r) / HEAD_DIM + eps);
    }
    barrier(CLK_LOCAL_MEM_FENCE);

    // Rotation, element by element: each is turned against the other of its pair.
    table += (size_t)position * pairs * 2;
    for (int i = item; i < rows * HEAD_DIM; i += ITEMS) {
        int r = i / HEAD_DIM;
        int d = i % HEAD_DIM;
        int is_key = r == QUERIES;
        const global float *x = is_key ? k : q + (first + min(r, count - 1)) * HEAD_DIM;
        const global float *gain = is_key ? k_gain : q_gain;
        int normed = flags & (is_key ? NORM_K : NORM_Q);
        float a = x[d];
        if (normed) {
            a = a * factors[r] * gain[d];
        }
        if (d < 2 * pairs) {
            int second = flags & HALVES ? d >= pairs : d & 1;
            int pair = flags & HALVES ? d - (second ? pairs : 0) : d / 2;
            int across = flags & HALVES ? pairs : 1;
            int e = second ? d - across : d + across;
            float b = x[e];
            if (normed) {
                b = b * factors[r] * gain[e];
            }
            float turn = b * table[2 * pair + 1];
            a = a * table[2 * pair] + (second ? turn : -turn);
        }
        turned[i] = is_key ? as_kept(a) : scale * a;
    }
    barrier(CLK_LOCAL_MEM_FENCE);

    local float *new_key = turned + QUERIES * HEAD_DIM;
#if KV_BITS == 8
    global float *key_scales = (global float *)keys + KEY_SCALE_AT(kv_heads, kv_head, capacity, 0, 0);
    global float *value_scales = (global float *)values + VALUE_SCALE_AT(kv_heads, kv_head, capacity, 0, 0);
    if (last) {
        for (int d = item; d < VALUE_DIM; d += ITEMS) {
            new_value[d] = d < HEAD_DIM ? v[d] : 0.0f;
        }
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int i = item; i < (last ? 2 * KV_RUNS : 0); i += ITEMS) {
        int run = i % KV_RUNS;
        scales[i] = kv_scale(i < KV_RUNS ? new_key : new_value, run);
        if (chunk == 0) {
            (i < KV_RUNS ? key_scales : value_scales)[(size_t)run * capacity + position] = scales[i];
        }
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    // What is kept, and what it is then worth.
    for (int i = item; i < (last ? HEAD_DIM + VALUE_DIM : 0); i += ITEMS) {
        int is_key = i < HEAD_DIM;
        int d = is_key ? i : i - HEAD_DIM;
        local float *x = (is_key ? new_key : new_value) + d;
        float by = scales[is_key ? d / KV_RUN : KV_RUNS + d / KV_RUN];
        char quant = kv_quant(*x, by);
        if (chunk == 0) {
            if (is_key) {
                keys[KEY_AT(kv_head, capacity, position, d)] = quant;
            } else {
                values[VALUE_AT(kv_head, capacity, position, d)] = quant;
            }
        }
        *x = by * quant;
    }
    barrier(CLK_LOCAL_MEM_FENCE);
#else
    if (last && chunk == 0) {
        for (int d = item; d < HEAD_DIM; d += ITEMS) {
            KV_STORE(new_key[d], KEY_AT(kv_head, capacity, position, d), keys);
        }
        for (int d = item; d < VALUE_DIM; d += ITEMS) {
            KV_STORE(d < HEAD_DIM ? v[d] : 0.0f, VALUE_AT(kv_head, capacity, position, d), values);
        }
    }
#endif

    // Where this work-item stands in the softmax (16 of them have a head), and in the sum of values.
    int own = min(item / 16, QUERIES - 1);
    int within = item % 16;
    int softens = item < QUERIES * 16;
    int quad = item % QUADS;
    int slice = item / QUADS;
    int adds = slice < SLICES;
    float most = -FLT_MAX;
    float weight = 0.0f;
    float4 o[QUERIES];
#pragma unroll
    for (int r = 0; r < QUERIES; r++) {
        o[r] = 0.0f;
    }

    // The new position is what the last share begins with.
    if (last) {
        for (int i = item; i < QUERIES * 16; i += ITEMS) {
            float sum = 0.0f;
            for (int d = i % 16; d < HEAD_DIM; d += 16) {
                sum = MULTIPLY_ADD(turned[i / 16 * HEAD_DIM + d], new_key[d], sum);
            }
            sums[i] = sum;
        }
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    if (last) {
        most = sum_of_16(sums + 16 * own);
        weight = within == 0 ? 1.0f : 0.0f;
        if (slice == 0) {
            int d = 4 * quad;
            float4 value;
            value.x = NEW_VALUE(d);
            value.y = NEW_VALUE(d + 1);
            value.z = NEW_VALUE(d + 2);
            value.w = NEW_VALUE(d + 3);
#pragma unroll
            for (int r = 0; r < QUERIES; r++) {
                o[r] = value;
            }
        }
    }
    barrier(CLK_LOCAL_MEM_FENCE);

    int seen_from = window > 0 ? max(0, position - window + 1) : 0;
    int begin = (seen_from & ~15) + split * length;
    int end = min(position, begin + length);
    for (int block = begin; block < end; block += ITEMS) {
        int at = block + item;
        float s[QUERIES];
#pragma unroll
        for (int r = 0; r < QUERIES; r++) {
            s[r] = 0.0f;
        }
        int seen = at < end && at >= seen_from;
        if (seen) {
            const global kv_t *key = keys + KEY_AT(kv_head, capacity, at, 0);
            for (int run = 0; run < KV_RUNS; run++) {
#if KV_BITS == 8
                float by = key_scales[(size_t)run * capacity + at];
#endif
                int d = run * KV_RUN;
                int run_end = min(HEAD_DIM, d + KV_RUN);
#pragma unroll 2
                for (; d + 4 <= run_end; d += 4) {
                    float k0 = LOAD_KEY(key, 16 * d);
                    float k1 = LOAD_KEY(key, 16 * d + 16);
                    float k2 = LOAD_KEY(key, 16 * d + 32);
                    float k3 = LOAD_KEY(key, 16 * d + 48);
#pragma unroll
                    for (int r = 0; r < QUERIES; r++) {
                        const local float *x = turned + r * HEAD_DIM + d;
                        s[r] = MULTIPLY_ADD(k0, x[0], s[r]);
                        s[r] = MULTIPLY_ADD(k1, x[1], s[r]);
                        s[r] = MULTIPLY_ADD(k2, x[2], s[r]);
                        s[r] = MULTIPLY_ADD(k3, x[3], s[r]);
                    }
                }
                for (; d < run_end; d++) {
                    float k0 = LOAD_KEY(key, 16 * d);
#pragma unroll
                    for (int r = 0; r < QUERIES; r++) {
                        s[r] = MULTIPLY_ADD(k0, turned[r * HEAD_DIM + d], s[r]);
                    }
                }
            }
        }
#pragma unroll
        for (int r = 0; r < QUERIES; r++) {
            scores[r * SCORES + item] = seen ? s[r] : -INFINITY;
        }
        barrier(CLK_LOCAL_MEM_FENCE);

        local float *mine = scores + own * SCORES;
        if (softens) {
            float largest = -INFINITY;
            for (int i = within; i < ITEMS; i += 16) {
                largest = fmax(largest, mine[i]);
            }
            sums[item] = largest;
        }
        barrier(CLK_LOCAL_MEM_FENCE);
        float before = most;
        if (softens) {
            for (int i = 0; i < 16; i++) {
                most = fmax(most, sums[16 * own + i]);
            }
            float fade = exp(before - most);
            float sum = 0.0f;
            for (int i = within; i < ITEMS; i += 16) {
                float e = exp(mine[i] - most);
                mine[i] = e;
                sum += e;
            }
            weight = weight * fade + sum;
            if (within == 0) {
                factors[own] = fade;
            }
        }
        barrier(CLK_LOCAL_MEM_FENCE);

        if (adds) {
#pragma unroll
            for (int r = 0; r < QUERIES; r++) {
                o[r] *= factors[r];
            }
            int here = min(ITEMS, end - block);
            const global kv_t *value = values + VALUE_AT(kv_head, capacity, block, 4 * quad);
#if KV_BITS == 8
            const global float *value_scale = value_scales + (size_t)(4 * quad / KV_RUN) * capacity + block;
#endif
            int i = slice;
            // Four at a time, so that their loads are under way together.
            for (; i + 3 * SLICES < here; i += 4 * SLICES) {
                float4 x[4];
#pragma unroll
                for (int j = 0; j < 4; j++) {
                    x[j] = SCALED(LOAD_VALUES(value + (size_t)(i + j * SLICES) * VALUE_DIM), value_scale[i + j * SLICES]);
                }
#pragma unroll
                for (int j = 0; j < 4; j++) {
#pragma unroll
                    for (int r = 0; r < QUERIES; r++) {
                        o[r] = MULTIPLY_ADD(x[j], (float4)scores[r * SCORES + i + j * SLICES], o[r]);
                    }
                }
            }
            for (; i < here; i += SLICES) {
                float4 x = SCALED(LOAD_VALUES(value + (size_t)i * VALUE_DIM), value_scale[i]);
#pragma unroll
                for (int r = 0; r < QUERIES; r++) {
                    o[r] = MULTIPLY_ADD(x, (float4)scores[r * SCORES + i], o[r]);
                }
            }
        }
        barrier(CLK_LOCAL_MEM_FENCE);
    }

    if (softens) {
        sums[item] = weight;
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    if (softens && within == 0) {
        float sum = sum_of_16(sums + 16 * own);
        factors[own] = 1.0f / sum;
        if (own < count && splits > 1) {
            global float *pair = partial + (size_t)heads * splits * VALUE_DIM + ((first + own) * splits + split) * 2;
            pair[0] = most;
            pair[1] = sum;
        }
    }
#pragma unroll
    for (int r = 0; r < QUERIES; r++) {
        parts[item] = o[r];
        barrier(CLK_LOCAL_MEM_FENCE);
        if (item < QUADS && r < count) {
            float4 sum = parts[item];
            for (int i = 1; i < SLICES; i++) {
                sum += parts[i * QUADS + item];
            }
            if (splits > 1) {
                vstore4(sum, quad, partial + ((size_t)(first + r) * splits + split) * VALUE_DIM);
            } else {
                global float *y = out + out_at + (first + r) * HEAD_DIM;
                sum *= factors[r];
                for (int b = 0; b < 4; b++) {
                    if (4 * quad + b < HEAD_DIM) {
                        y[4 * quad + b] = b == 0 ? sum.x : b == 1 ? sum.y : b == 2 ? sum.z : sum.w;
                    }
                }
            }
        }
        barrier(CLK_LOCAL_MEM_FENCE);
    }
}
