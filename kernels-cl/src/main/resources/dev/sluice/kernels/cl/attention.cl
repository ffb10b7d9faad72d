// Causal attention with grouped heads over the KV cache: out = softmax(scale * q k^T) v, for one token or many, without
// a matrix of scores (online softmax, Milakov and Gimelshein 2018; tiled as in Dao et al. 2022).
//
// q               f32 [tokens, heads * HEAD_DIM] from element q_at, rows q_stride apart
// keys, values    the cache (kv.cl), filled up to position + tokens
// window          keys less than this many positions back are seen; 0: all
// out             f32 [tokens, heads * HEAD_DIM] from element out_at
//
// A query row is a head of a token; the rows of the heads that share a KV head follow one another: row = token * group +
// head in group. A work-group of (16 / LANES, KEY_ITEMS) work-items takes QUERIES rows (dimension 1 of the groups, last
// rows first because they are the longest) of one KV head (dimension 0), and goes over the keys in blocks of KEYS:
// scores (lanes are keys), maxima and exponentials (work-items are rows), values (lanes are elements).
//
// Tunable: HEAD_DIM, KV_BITS, LANES (16 or 1), QUERIES, KEYS (a multiple of 16), KEY_ITEMS, MULTIPLY_ADD, SUB_GROUP (demanded
// of drivers with cl_intel_required_subgroup_size; 0: their choice).

#ifndef QUERIES
#define QUERIES 8
#endif
#ifndef KEYS
#define KEYS 64
#endif
#ifndef KEY_ITEMS
#define KEY_ITEMS 1
#endif
#include "demanded.cl"
#include "rows.cl"
#include "kv.cl"
#include "vectors.cl"
#include "exponent.cl"

#define ITEMS (16 / LANES * KEY_ITEMS)
#if KV_BITS == 8
#define LOAD_KV(p, lane) LOAD_I8(p, lane)
#define SCALED(x, scale) ((x) * (scale))
#elif KV_BITS == 16
#define LOAD_KV(p, lane) LOAD_F16(p, lane)
#else
#define LOAD_KV(p, lane) LOAD_F32(p, lane)
#endif
#ifndef SCALED
#define SCALED(x, scale) (x)
#endif
#if LANES == 16
#define LANE_IDS ((int16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15))
#define STORE_ROWS(value, p, lane) vstore16(value, 0, p)
#define LOAD_LOCAL(p, lane) vload16(0, p)
#else
#define LANE_IDS lane
#define STORE_ROWS(value, p, lane) (p)[lane] = (value)
#define LOAD_LOCAL(p, lane) (p)[lane]
#endif

kernel __attribute__((reqd_work_group_size(16 / LANES, KEY_ITEMS, 1))) DEMANDED
void attention(const global float *q, int q_at, int q_stride, int heads, int kv_heads, const global kv_t *keys,
               const global kv_t *values, int capacity, int position, int tokens, int window, float scale,
               global float *out, int out_at) {
    local float queries[HEAD_DIM * QUERIES];
    local float scores[QUERIES * KEYS];
    local float sums[QUERIES * VALUE_DIM];
    local float maximum[QUERIES];
    local float weight[QUERIES];
    local float fade[QUERIES];

    int lane = get_local_id(0);
    int y = get_local_id(1);
    int item = y * (16 / LANES) + lane;
    int kv_head = get_group_id(0);
    int group = heads / kv_heads;
    int rows = tokens * group;
    int first = (get_num_groups(1) - 1 - get_group_id(1)) * QUERIES;
    int count = min(QUERIES, rows - first);

    // Rows beyond the last repeat it: they cost nothing extra and are not written.
#if LANES == 16
    for (int r = 0; r < QUERIES; r++) { // a division for each row, not for each element
        int row = first + min(r, count - 1);
        const global float *its = q + q_at + (size_t)(row / group) * q_stride + (kv_head * group + row % group) * HEAD_DIM;
        for (int d = item; d < HEAD_DIM; d += ITEMS) {
            queries[d * QUERIES + r] = scale * its[d];
        }
    }
#else // work-items that write side by side go to different banks
    for (int i = item; i < HEAD_DIM * QUERIES; i += ITEMS) {
        int r = first + min(i % QUERIES, count - 1);
        int head = kv_head * group + r % group;
        queries[i] = scale * q[q_at + (size_t)(r / group) * q_stride + head * HEAD_DIM + i / QUERIES];
    }
#endif
    for (int i = item; i < QUERIES * VALUE_DIM; i += ITEMS) {
        sums[i] = 0.0f;
    }
    for (int i = item; i < QUERIES; i += ITEMS) {
        maximum[i] = -FLT_MAX;
        weight[i] = 0.0f;
    }
    barrier(CLK_LOCAL_MEM_FENCE);

    int first_seen = position + first / group;
    int last_seen = position + (first + count - 1) / group;
    int start = window > 0 ? max(0, first_seen - window + 1) : 0;
    start &= ~15;
#if KV_BITS == 8
    const global float *key_scales = (const global float *)keys + KEY_SCALE_AT(kv_heads, kv_head, capacity, 0, 0);
    const global float *value_scales = (const global float *)values + VALUE_SCALE_AT(kv_heads, kv_head, capacity, 0, 0);
#endif
    keys += KEY_AT(kv_head, capacity, 0, 0);
    values += VALUE_AT(kv_head, capacity, 0, 0);

    for (int block = start; block <= last_seen; block += KEYS) {
        int tiles = (min(KEYS, last_seen + 1 - block) + 15) / 16;
        for (int tile = y; tile < tiles; tile += KEY_ITEMS) {
            int base = block + 16 * tile;
            const global kv_t *k = keys + (size_t)base * HEAD_DIM;
            rows_t s[QUERIES];
#pragma unroll
            for (int r = 0; r < QUERIES; r++) {
                s[r] = 0.0f;
            }
            for (int run = 0; run < KV_RUNS; run++) {
#if KV_BITS == 8
                rows_t key_scale = LOAD_F32(key_scales + (size_t)run * capacity + base, lane);
                // No more at once: AMD's compiler would have so many loads under way that it spills registers.
#pragma unroll 4
#endif
                for (int d = run * KV_RUN; d < min(HEAD_DIM, (run + 1) * KV_RUN); d++) {
                    rows_t key = SCALED(LOAD_KV(k + 16 * d, lane), key_scale);
#pragma unroll
                    for (int r = 0; r < QUERIES; r++) {
                        s[r] = MULTIPLY_ADD(key, (rows_t)queries[d * QUERIES + r], s[r]);
                    }
                }
            }
            int whole = base + 15 <= first_seen && (window <= 0 || base > last_seen - window);
#pragma unroll
            for (int r = 0; r < QUERIES; r++) {
                if (!whole) {
                    words_t at = base + LANE_IDS;
                    int own = position + (first + min(r, count - 1)) / group;
                    s[r] = at <= (words_t)own ? s[r] : (rows_t)(-INFINITY);
                    if (window > 0) {
                        s[r] = at > (words_t)(own - window) ? s[r] : (rows_t)(-INFINITY);
                    }
                }
                STORE_ROWS(s[r], scores + r * KEYS + 16 * tile, lane);
            }
        }
        barrier(CLK_LOCAL_MEM_FENCE);

        for (int r = item; r < QUERIES; r += ITEMS) {
            local float *s = scores + r * KEYS;
            float16 most = vload16(0, s);
            for (int i = 1; i < tiles; i++) {
                most = fmax(most, vload16(i, s));
            }
            float before = maximum[r];
            float now = fmax(before, max16(most));
            float16 sum = 0.0f;
            for (int i = 0; i < tiles; i++) {
                float16 e = EXP16(vload16(i, s) - now);
                sum += e;
                vstore16(e, i, s);
            }
            fade[r] = exp(before - now);
            weight[r] = weight[r] * fade[r] + sum16(sum);
            maximum[r] = now;
        }
        barrier(CLK_LOCAL_MEM_FENCE);

        int seen = min(KEYS, last_seen + 1 - block);
        for (int part = y; part < VALUE_DIM / 16; part += KEY_ITEMS) {
            rows_t o[QUERIES];
#pragma unroll
            for (int r = 0; r < QUERIES; r++) {
                o[r] = fade[r] * LOAD_LOCAL(sums + r * VALUE_DIM + 16 * part, lane);
            }
            const global kv_t *v = values + (size_t)block * VALUE_DIM + 16 * part;
#if KV_BITS == 8
            const global float *value_scale = value_scales + (size_t)(16 * part / KV_RUN) * capacity + block;
#endif
            for (int i = 0; i < seen; i++) {
                rows_t value = SCALED(LOAD_KV(v + (size_t)i * VALUE_DIM, lane), value_scale[i]);
#pragma unroll
                for (int r = 0; r < QUERIES; r++) {
                    o[r] = MULTIPLY_ADD(value, (rows_t)scores[r * KEYS + i], o[r]);
                }
            }
#pragma unroll
            for (int r = 0; r < QUERIES; r++) {
                STORE_ROWS(o[r], sums + r * VALUE_DIM + 16 * part, lane);
            }
        }
        barrier(CLK_LOCAL_MEM_FENCE);
    }

    for (int r = 0; r < count; r++) {
        int row = first + r;
        global float *its = out + out_at + ((size_t)(row / group) * heads + kv_head * group + row % group) * HEAD_DIM;
        float by = 1.0f / weight[r];
        for (int d = item; d < HEAD_DIM; d += ITEMS) {
            its[d] = sums[r * VALUE_DIM + d] * by;
        }
    }
}
