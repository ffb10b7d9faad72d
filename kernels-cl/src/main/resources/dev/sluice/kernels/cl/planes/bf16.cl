// BF16: the upper halves of f32.
#define CHUNK_COLS 8
#define HIGH_WORDS 0
#define SMALL_BYTES 0
#define SCALE_HALVES 0
#define UNIT 1
#define SCALE_COLS 8
#define QUANT_BIAS 0.0f
#include "planes.cl"

static inline float4 chunk_quad(chunk_t c, int i) {
    uint2 w = i == 0 ? c.low.xy : c.low.zw;
    return as_float4((uint4)(w.x << 16, w.x & 0xffff0000u, w.y << 16, w.y & 0xffff0000u));
}
