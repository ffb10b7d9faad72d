// Q8_0: d * q, q signed.
#define CHUNK_COLS 16
#define HIGH_WORDS 0
#define SMALL_BYTES 0
#define SCALE_HALVES 1
#define UNIT 32
#define SCALE_COLS 16
#define QUANT_BIAS (128.0f + BIAS_8)
#include "planes.cl"

static inline float2 scales_of(const global uchar *tile, int columns, int row, int part, int half_part) {
    return (float2)(vload_half(0, scales_at(tile, columns, row, part)), 0.0f);
}

static inline float4 chunk_quad(chunk_t c, int i) {
    int w = word_of(c.low, i) ^ (int)0x80808080;
    return (float4)(PLACED_8(w << 15), PLACED_8(w << 7), PLACED_8(w >> 1), PLACED_8(w >> 9));
}

static inline int chunk_bytes(chunk_t c, int i) {
    return word_of(c.low, i);
}
