// The activations of gated feed-forward networks, for `float_n` (float or float16) with its `int_n`.
//
// SiLU is x / (1 + exp(-x)); the tanh form of GELU is x / (1 + exp(-2 u)) with u the polynomial in its tanh. Models with
// GELU were published with results of engines that look it up at the argument rounded to f16 and round the result to
// f16, so this does the same between -10 and 10; beyond it is 0 or x.

#ifndef ACTIVATE_CL
#define ACTIVATE_CL

#ifndef FLOATS
#define FLOATS 16
#endif
#if FLOATS == 16
typedef float16 float_n;
#else
typedef float float_n;
#endif

// The nearest f16, by its bits: half in memory is core OpenCL, half arithmetic is not.
static inline float_n round_to_half(float_n x) {
    short bits[FLOATS];
#if FLOATS == 16
    vstore_half16_rte(x, 0, (half *)bits);
    return vload_half16(0, (const half *)bits);
#else
    vstore_half_rte(x, 0, (half *)bits);
    return vload_half(0, (const half *)bits);
#endif
}

static inline float_n activate(float_n x, int gelu) {
    if (!gelu) {
        return x / (1.0f + exp(-x));
    }
    float_n h = round_to_half(x);
    float_n z = 1.5957691216057308f * h * (1.0f + 0.044715f * h * h);
    float_n y = round_to_half(h / (1.0f + exp(-z)));
    y = x <= (float_n)(-10.0f) ? (float_n)0.0f : y;
    return x >= (float_n)10.0f ? x : y;
}

#endif
