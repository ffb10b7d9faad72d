// F16.
#define CHUNK_COLS 8
#define HIGH_WORDS 0
#define SMALL_BYTES 0
#define SCALE_HALVES 0
#define UNIT 1
#define SCALE_COLS 8
#define QUANT_BIAS 0.0f
#include "planes.cl"

// Half in memory is core OpenCL, half arithmetic is not.
static inline float float_of(uint bits) {
    ushort h = (ushort)bits;
    return vload_half(0, (const half *)&h);
}

static inline float4 chunk_quad(chunk_t c, int i) {
    uint2 w = i == 0 ? c.low.xy : c.low.zw;
    return (float4)(float_of(w.x), float_of(w.x >> 16), float_of(w.y), float_of(w.y >> 16));
}
