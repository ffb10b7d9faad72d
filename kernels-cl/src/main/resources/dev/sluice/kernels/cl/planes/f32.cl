// F32.
#define CHUNK_COLS 4
#define HIGH_WORDS 0
#define SMALL_BYTES 0
#define SCALE_HALVES 0
#define UNIT 1
#define SCALE_COLS 4
#define QUANT_BIAS 0.0f
#include "planes.cl"

static inline float4 chunk_quad(chunk_t c, int i) {
    return as_float4(c.low);
}
