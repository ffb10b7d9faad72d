// Causal attention of one token over a share of the KV cache, and all that lies between the projections and it, for devices
// with vector units: what attention_split.cl is for GPUs, with the same arguments, results and attention_merge.cl behind it.
//
// A work-group is one work-item, which reads the keys and values of one KV head (dimension 0 of the groups) in a share of the
// positions (dimension 1) once for all of its heads, or for QUERIES of them at a time where there are more. There are as many
// shares at every position, so that compute units have equal parts of them; the last has the new position, whose key and value
// it writes first. Keys are met KEYS at a time: scores (lanes are keys), softmax, values (lanes are elements). Both go through
// memory in its order, one after the other, so while a line of keys is read the same line of values is asked for, and with the
// values the keys of the next block: the processor's own prefetching begins anew at each change between them.
//
// Tunable: HEAD_DIM, KV_BITS, QUERIES, PARTS (vectors of values whose sums are in registers at once), MULTIPLY_ADD, AHEAD
// (0: nothing is asked for).

#define LANES 16
#ifndef QUERIES
#define QUERIES 4
#endif
#ifndef PARTS
#define PARTS 4
#endif
#define KEYS 64
#include "rows.cl"
#include "kv.cl"
#include "kv_bytes.cl"
#include "heads.cl"
#include "vectors.cl"
#include "ahead.cl"
#include "exponent.cl"

#if KV_BITS == 8
#define LOAD_KV(p) LOAD_I8(p, 0)
#elif KV_BITS == 16
#define LOAD_KV(p) LOAD_F16(p, 0)
#else
#define LOAD_KV(p) LOAD_F32(p, 0)
#endif
#define VECTOR_BYTES (2 * KV_BITS)
#define LANE_IDS ((int16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15))
#define HEAD_PARTS (VALUE_DIM / 16)

// A head as attention meets it: normalised if asked, turned, multiplied by a factor.
static inline void turn(const global float *x, const global float *gain, int normed, float eps, const global float *table,
                        int pairs, int halves, float by, float *y) {
    float factor = 1.0f;
    if (normed) {
        float sum = 0.0f;
        for (int d = 0; d < HEAD_DIM; d++) {
            sum += x[d] * x[d];
        }
        factor = 1.0f / sqrt(sum / HEAD_DIM + eps);
    }
    for (int d = 0; d < HEAD_DIM; d++) {
        y[d] = normed ? x[d] * factor * gain[d] : x[d];
    }
    int step = halves ? 1 : 2;
    int across = halves ? pairs : 1;
    for (int i = 0; i < pairs; i++) {
        float a = y[step * i];
        float b = y[step * i + across];
        float c = table[2 * i];
        float s = table[2 * i + 1];
        y[step * i] = a * c - b * s;
        y[step * i + across] = a * s + b * c;
    }
    for (int d = 0; d < HEAD_DIM; d++) {
        y[d] *= by;
    }
}

// The scores of 16 keys.
static inline void score(const global kv_t *keys, const global float *scales, int capacity, const float *queries,
                         const global char *ask, rows_t *s) {
#pragma unroll
    for (int r = 0; r < QUERIES; r++) {
        s[r] = 0.0f;
    }
    for (int run = 0; run < KV_RUNS; run++) {
        rows_t t[QUERIES];
#pragma unroll
        for (int r = 0; r < QUERIES; r++) {
            t[r] = 0.0f;
        }
#pragma unroll 4
        for (int d = run * KV_RUN; d < min(HEAD_DIM, (run + 1) * KV_RUN); d++) {
            rows_t key = LOAD_KV(keys + 16 * d);
            ASK_FOR(ask + VECTOR_BYTES * d);
#pragma unroll
            for (int r = 0; r < QUERIES; r++) {
                t[r] = MULTIPLY_ADD(key, (rows_t)queries[d * QUERIES + r], t[r]);
            }
        }
#if KV_BITS == 8
        rows_t by = vload16(0, scales + (size_t)run * capacity);
#else
        rows_t by = 1.0f;
#endif
#pragma unroll
        for (int r = 0; r < QUERIES; r++) {
            s[r] = KV_BITS == 8 ? MULTIPLY_ADD(by, t[r], s[r]) : t[r];
        }
    }
}

kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void attention_lanes(const global float *q, int q_at, int heads, const global float *q_gain, const global float *k,
                     int k_at, int kv_heads, const global float *k_gain, float eps, const global float *v, int v_at,
                     const global float *table, int pairs, int flags, global kv_t *keys, global kv_t *values,
                     int capacity, int position, const global int *position_at, int window, float scale,
                     global float *partial, global float *out, int out_at) {
    float queries[HEAD_DIM * QUERIES];
    float scores[QUERIES * KEYS];
    float sums[QUERIES * VALUE_DIM];
    float maximum[QUERIES];
    float weight[QUERIES];
    float fade[QUERIES];
    float whole[HEAD_DIM];
#if KV_BITS == 8
    float scales[KV_RUNS];
#endif

    if (position_at) {
        position = *position_at;
    }
    int kv_head = get_group_id(0);
    int group = heads / kv_heads;
    int split = get_group_id(1);
    int splits = get_num_groups(1);
    int halves = flags & HALVES;
    table += (size_t)position * pairs * 2;
    const global float *key_scales = (const global float *)keys + KEY_SCALE_AT(kv_heads, kv_head, capacity, 0, 0);
    const global float *value_scales = (const global float *)values + VALUE_SCALE_AT(kv_heads, kv_head, capacity, 0, 0);

    if (split == splits - 1) {
        turn(k + k_at + kv_head * HEAD_DIM, k_gain, flags & NORM_K, eps, table, pairs, halves, 1.0f, whole);
        size_t key = KEY_AT(kv_head, capacity, position, 0);
        size_t value = VALUE_AT(kv_head, capacity, position, 0);
        v += v_at + kv_head * HEAD_DIM;
#if KV_BITS == 8
        kv_keep(whole, scales, KV_RUNS, HEAD_DIM, keys + key, 16,
                (global float *)keys + KEY_SCALE_AT(kv_heads, kv_head, capacity, position, 0), capacity, 0, 1);
        for (int d = 0; d < HEAD_DIM; d++) {
            whole[d] = v[d];
        }
        kv_keep(whole, scales, KV_RUNS, VALUE_DIM, values + value, 1,
                (global float *)values + VALUE_SCALE_AT(kv_heads, kv_head, capacity, position, 0), capacity, 0, 1);
#else
        for (int d = 0; d < HEAD_DIM; d++) {
            KV_STORE(whole[d], key + 16 * d, keys);
        }
        for (int d = 0; d < VALUE_DIM; d++) {
            KV_STORE(d < HEAD_DIM ? v[d] : 0.0f, value + d, values);
        }
#endif
    }

    // The share: whole tiles of keys, of those from the first that is seen to the new one.
    int seen_from = window > 0 ? max(0, position - window + 1) : 0;
    int from = seen_from & ~15;
    int all = (position - from) / 16 + 1;
    int begin = from + 16 * (all * split / splits);
    int end = min(position + 1, from + 16 * (all * (split + 1) / splits));
    keys += KEY_AT(kv_head, capacity, 0, 0);
    values += VALUE_AT(kv_head, capacity, 0, 0);

    for (int chunk = 0; chunk < group; chunk += QUERIES) {
        int first = kv_head * group + chunk;
        int count = min(QUERIES, group - chunk);
        // Rows beyond the last head repeat it and are not written.
        for (int r = 0; r < QUERIES; r++) {
            int head = first + min(r, count - 1);
            turn(q + q_at + head * HEAD_DIM, q_gain, flags & NORM_Q, eps, table, pairs, halves, scale, whole);
            for (int d = 0; d < HEAD_DIM; d++) {
                queries[d * QUERIES + r] = whole[d];
            }
        }
        for (int i = 0; i < QUERIES * VALUE_DIM; i++) {
            sums[i] = 0.0f;
        }
        for (int r = 0; r < QUERIES; r++) {
            maximum[r] = -FLT_MAX;
            weight[r] = 0.0f;
        }

        for (int block = begin; block < end; block += KEYS) {
            int seen = min(KEYS, end - block);
            int tiles = (seen + 15) / 16;
            const global kv_t *its_keys = keys + (size_t)block * HEAD_DIM;
            const global kv_t *its_values = values + (size_t)block * VALUE_DIM;
            for (int tile = 0; tile < tiles; tile++) {
                int base = block + 16 * tile;
                rows_t s[QUERIES];
                score(its_keys + 16 * tile * HEAD_DIM, key_scales + base, capacity, queries,
                      (const global char *)(its_values + 16 * tile * VALUE_DIM), s);
                int masked = base < seen_from || base + 15 >= end;
#pragma unroll
                for (int r = 0; r < QUERIES; r++) {
                    if (masked) {
                        int16 at = base + LANE_IDS;
                        s[r] = at >= (int16)seen_from && at < (int16)end ? s[r] : (float16)(-INFINITY);
                    }
                    vstore16(s[r], tile, scores + r * KEYS);
                }
            }

            for (int r = 0; r < QUERIES; r++) {
                float *s = scores + r * KEYS;
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

            for (int part = 0; part < HEAD_PARTS; part += PARTS) {
                const global kv_t *value = its_values + 16 * part;
                const global char *ask = (const global char *)(its_keys + KEYS * HEAD_DIM + 16 * part * KEYS);
                rows_t o[QUERIES * PARTS];
#pragma unroll
                for (int p = 0; p < PARTS; p++) {
#pragma unroll
                    for (int r = 0; r < QUERIES; r++) {
                        o[p * QUERIES + r] = fade[r] * vload16(part + p, sums + r * VALUE_DIM);
                    }
                }
                for (int i = 0; i < seen; i++) {
#pragma unroll
                    for (int p = 0; p < PARTS; p++) {
                        rows_t x = LOAD_KV(value + i * VALUE_DIM + 16 * p);
#if KV_BITS == 8
                        x *= value_scales[(size_t)((part + p) * 16 / KV_RUN) * capacity + block + i];
#endif
#pragma unroll
                        for (int r = 0; r < QUERIES; r++) {
                            o[p * QUERIES + r] = MULTIPLY_ADD(x, (rows_t)scores[r * KEYS + i], o[p * QUERIES + r]);
                        }
                    }
#pragma unroll
                    for (int line = 0; line < PARTS * VECTOR_BYTES; line += 64) {
                        ASK_FOR(ask + i * PARTS * VECTOR_BYTES + line);
                    }
                }
#pragma unroll
                for (int p = 0; p < PARTS; p++) {
#pragma unroll
                    for (int r = 0; r < QUERIES; r++) {
                        vstore16(o[p * QUERIES + r], part + p, sums + r * VALUE_DIM);
                    }
                }
            }
        }

        for (int r = 0; r < count; r++) {
            const float *sum = sums + r * VALUE_DIM;
            if (splits == 1) {
                global float *y = out + out_at + (first + r) * HEAD_DIM;
                for (int d = 0; d < HEAD_DIM; d++) {
                    y[d] = sum[d] / weight[r];
                }
            } else {
                int at = (first + r) * splits + split;
                for (int part = 0; part < HEAD_PARTS; part++) {
                    vstore16(vload16(part, sum), part, partial + (size_t)at * VALUE_DIM);
                }
                global float *pair = partial + (size_t)heads * splits * VALUE_DIM + at * 2;
                pair[0] = maximum[r];
                pair[1] = weight[r];
            }
        }
    }
}
