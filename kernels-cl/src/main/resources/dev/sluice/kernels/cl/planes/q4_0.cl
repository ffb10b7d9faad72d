// Q4_0: d * (q - 8).
#define CHUNK_COLS 32
#define HIGH_WORDS 0
#define SMALL_BYTES 0
#define SCALE_HALVES 1
#define UNIT 32
#define SCALE_COLS 32
#define QUANT_BIAS BIAS_4
#include "planes.cl"

static inline float2 scales_of(const global uchar *tile, int columns, int row, int part, int half_part) {
    float d = vload_half(0, scales_at(tile, columns, row, part));
    return (float2)(d, -8.0f * d);
}

static inline float4 chunk_quad(chunk_t c, int i) {
    float q[4];
    placed_nibbles(word_of(c.low, i >> 1), i & 1, q);
    return (float4)(q[0], q[1], q[2], q[3]);
}

static inline int chunk_bytes(chunk_t c, int i) {
    return (word_of(c.low, i >> 1) >> (4 * (i & 1))) & 0x0f0f0f0f;
}
