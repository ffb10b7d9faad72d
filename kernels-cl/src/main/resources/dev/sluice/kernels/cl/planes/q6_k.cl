// Q6_K: d * sc * (q - 32), a scale for 16 columns.
#define CHUNK_COLS 32
#define HIGH_WORDS 2
#define SMALL_BYTES 2
#define SCALE_HALVES 1
#define UNIT 256
#define SCALE_COLS 16
#define QUANT_BIAS BIAS_6
#include "planes.cl"

static inline float2 scales_of(const global uchar *tile, int columns, int row, int part, int half_part) {
    const global char *small = (const global char *)small_at(tile, columns, row, part);
    float d = vload_half(0, scales_at(tile, columns, row, part)) * convert_float(small[half_part]);
    return (float2)(d, -32.0f * d);
}

static inline float4 chunk_quad(chunk_t c, int i) {
    float q[4];
    placed_with_pairs(word_of(c.low, i >> 1), i & 1, as_int(i < 4 ? c.high0 : c.high1), i & 3, q);
    return (float4)(q[0], q[1], q[2], q[3]);
}

static inline int chunk_bytes(chunk_t c, int i) {
    int low = (word_of(c.low, i >> 1) >> (4 * (i & 1))) & 0x0f0f0f0f;
    int high = as_int(i < 4 ? c.high0 : c.high1) >> (2 * (i & 3));
    return low | ((high & 0x03030303) << 4);
}
