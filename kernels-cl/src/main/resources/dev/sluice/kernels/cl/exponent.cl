// EXP16(x): e^x of sixteen x <= 0, as softmax asks for it. On vector units without a call, whose instructions would be a quarter of
// attention's: 2^n by the exponent's bits, e^f of the rest |f| <= ln(2)/2 by its series to the sixth power, which leaves
// 0.35^7/7! = 1.2e-7 of it; 0 below -87, where floats end. What is no number stays none. Needs LANES and MULTIPLY_ADD.

#ifndef EXPONENT_CL
#define EXPONENT_CL

#if LANES == 16
static inline float16 exp16(float16 x) {
    // The addition rounds to a whole number, which is then in the last bits of the mantissa.
    float16 shifted = MULTIPLY_ADD(x, (float16)1.44269504f, (float16)0x1.8p23f);
    float16 n = shifted - 0x1.8p23f;
    // ln(2) in two parts, the first of so few bits that its product with n is exact.
    float16 f = MULTIPLY_ADD(n, (float16)-0x1.62e4p-1f, x);
    f = MULTIPLY_ADD(n, (float16)-0x1.7f7d1cp-20f, f);
    float16 p = MULTIPLY_ADD(f, (float16)(1.0f / 720), (float16)(1.0f / 120));
    p = MULTIPLY_ADD(p, f, (float16)(1.0f / 24));
    p = MULTIPLY_ADD(p, f, (float16)(1.0f / 6));
    p = MULTIPLY_ADD(p, f, (float16)0.5f);
    p = MULTIPLY_ADD(p, f, (float16)1.0f);
    p = MULTIPLY_ADD(p, f, (float16)1.0f);
    p *= as_float16((as_int16(shifted) << 23) + 0x3f800000);
    return x < -87.0f ? (float16)0.0f : p;
}
#define EXP16(x) exp16(x)
#else
#define EXP16(x) exp(x)
#endif

#endif
