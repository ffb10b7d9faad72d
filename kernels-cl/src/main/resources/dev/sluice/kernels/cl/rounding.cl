// Activations rounded to bytes, 32 columns at a time: x = scale * (q + r / 254), scale = max|x| / 127, with q what rounding
// makes of x / scale and r what rounding makes of the rest.

#ifndef ROUNDING_CL
#define ROUNDING_CL

#include "vectors.cl"

#define REST 254.0f

// The nearest whole number of |x| < 2^22: the addition rounds it into the last bits of the mantissa. A conversion that rounds
// is one instruction on some devices and a call for each element on others.
static inline int16 nearest(float16 x) {
    return as_int16(x + 0x1.8p23f) - 0x4b400000;
}

// Four words of bytes from 16 numbers.
static inline int4 bytes_of(int16 v) {
    return as_int4(convert_char16(v));
}

// The scale of 32 columns: of 0 to 15 and 16 to 31. An x that is no number makes it one that is none.
static inline float block_scale(float16 a, float16 b) {
    float16 most = fmax(fabs(a), fabs(b));
    float16 strange = (a - a) + (b - b);
    return max16(most) / 127.0f + sum16(strange);
}

static inline float inverse_scale(float scale) {
    return scale >= 1e-30f ? 1.0f / scale : 0.0f;
}

// r of columns whose q is known; x is divided by the scale.
static inline int16 rest_of(float16 x, int16 q) {
    return nearest((x - convert_float16(q)) * REST);
}

// q and r as numbers.
static inline float round_block(float16 a, float16 b, int16 q[2], int16 r[2]) {
    float scale = block_scale(a, b);
    float inverse = inverse_scale(scale);
    float16 x = a * inverse;
    q[0] = nearest(x);
    r[0] = rest_of(x, q[0]);
    x = b * inverse;
    q[1] = nearest(x);
    r[1] = rest_of(x, q[1]);
    return scale;
}

static inline int sum_of(int16 v) {
    int8 a = v.lo + v.hi;
    int4 b = a.lo + a.hi;
    return b.x + b.y + b.z + b.w;
}

#endif
