// The KV cache of one layer and one sequence. Keys lie in tiles of 16 positions, transposed, so that a vector holds the
// same element of 16 keys: [kv head, capacity / 16, HEAD_DIM, 16]. Values lie in rows padded to whole vectors:
// [kv head, capacity, VALUE_DIM]. The capacity is a multiple of 16.
//
// Numbers have KV_BITS: 32 (f32), 16 (f16) or 8: bytes q of a symmetric scale, x = q * s, where s, an f32, is the largest
// magnitude of KV_RUN adjoining elements of a head divided by 127. Scales lie behind all bytes, with those of neighbouring
// positions side by side as keys are read: [kv head, KV_RUNS, capacity].

#ifndef KV_CL
#define KV_CL

#ifndef HEAD_DIM
#define HEAD_DIM 64
#endif
#ifndef KV_BITS
#define KV_BITS 32
#endif
#define VALUE_DIM ((HEAD_DIM + 15) / 16 * 16)

#if KV_BITS == 8
typedef char kv_t;
#define KV_RUN 32
#elif KV_BITS == 16
typedef half kv_t;
#define KV_RUN HEAD_DIM
#define KV_STORE(value, at, p) vstore_half_rte(value, at, p)
#else
typedef float kv_t;
#define KV_RUN HEAD_DIM
#define KV_STORE(value, at, p) (p)[at] = (value)
#endif
#define KV_RUNS ((HEAD_DIM + KV_RUN - 1) / KV_RUN)

// Element d of the key at a position.
#define KEY_AT(kv_head, capacity, position, d) \
    ((((size_t)(kv_head) * (capacity) + ((position) & ~15)) * HEAD_DIM) + (d) * 16 + ((position) & 15))
#define VALUE_AT(kv_head, capacity, position, d) (((size_t)(kv_head) * (capacity) + (position)) * VALUE_DIM + (d))

// Where the scale of a run of elements is, counted in floats from the beginning of the keys or of the values.
#define SCALE_AT(width, kv_heads, kv_head, capacity, position, run) \
    ((size_t)(kv_heads) * ((capacity) / 4) * (width) + ((size_t)(kv_head) * KV_RUNS + (run)) * (capacity) + (position))
#define KEY_SCALE_AT(kv_heads, kv_head, capacity, position, run) \
    SCALE_AT(HEAD_DIM, kv_heads, kv_head, capacity, position, run)
#define VALUE_SCALE_AT(kv_heads, kv_head, capacity, position, run) \
    SCALE_AT(VALUE_DIM, kv_heads, kv_head, capacity, position, run)

#endif
