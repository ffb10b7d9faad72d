// The KV cache of one layer and one sequence. Keys lie in tiles of 16 positions, transposed, so that a vector holds the
// same element of 16 keys: [kv head, capacity / 16, HEAD_DIM, 16]. Values lie in rows padded to whole vectors:
// [kv head, capacity, VALUE_DIM]. The capacity is a multiple of 16. Numbers are f32, or f16 with KV_F16.

#ifndef KV_CL
#define KV_CL

#ifndef HEAD_DIM
#define HEAD_DIM 64
#endif
#ifndef KV_F16
#define KV_F16 0
#endif
#define VALUE_DIM ((HEAD_DIM + 15) / 16 * 16)

#if KV_F16
typedef half kv_t;
#define KV_STORE(value, at, p) vstore_half_rte(value, at, p)
#else
typedef float kv_t;
#define KV_STORE(value, at, p) (p)[at] = (value)
#endif

// Element d of the key at a position.
#define KEY_AT(kv_head, capacity, position, d) \
    ((((size_t)(kv_head) * (capacity) + ((position) & ~15)) * HEAD_DIM) + (d) * 16 + ((position) & 15))
#define VALUE_AT(kv_head, capacity, position, d) (((size_t)(kv_head) * (capacity) + (position)) * VALUE_DIM + (d))

#endif
