// Q5_K: (d * sc) * q - dmin * mn.
#define CHUNK_COLS 32
#define HIGH_WORDS 1
#define SMALL_BYTES 2
#define SCALE_HALVES 2
#define UNIT 256
#define SCALE_COLS 32
#define QUANT_BIAS BIAS_5
#include "planes.cl"

static inline float2 scales_of(const global uchar *tile, int columns, int row, int part, int half_part) {
    float2 d = vload_half2(0, scales_at(tile, columns, row, part));
    const global uchar *small = small_at(tile, columns, row, part);
    return (float2)(d.x * convert_float(small[0]), -(d.y * convert_float(small[1])));
}

static inline float4 chunk_quad(chunk_t c, int i) {
    float q[4];
    placed_with_bits(word_of(c.low, i >> 1), i & 1, as_int(c.high0), i, q);
    return (float4)(q[0], q[1], q[2], q[3]);
}

static inline int chunk_bytes(chunk_t c, int i) {
    int low = (word_of(c.low, i >> 1) >> (4 * (i & 1))) & 0x0f0f0f0f;
    return low | (((as_int(c.high0) >> i) & 0x01010101) << 4);
}
