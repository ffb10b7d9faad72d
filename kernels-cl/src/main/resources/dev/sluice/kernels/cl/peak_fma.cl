// Multiplies and adds in registers, as many operations at once as keep every unit busy: 24 · WIDTH floating-point operations
// a step and work-item.
//
// sums   f32 [work-items]: of all results, so that nothing is left out
//
// Twelve chains: more than two units of four cycles' latency need, and few enough for 16 registers.
//
// Tunable: ITEMS, work-items of a group; WIDTH, floats of a vector: 1, 2, 8 or 16.

#ifndef ITEMS
#define ITEMS 1
#endif
#ifndef WIDTH
#define WIDTH 1
#endif
#ifndef MULTIPLY_ADD
#define MULTIPLY_ADD(a,b,c) fma(a,b,c)
#endif

#if WIDTH == 1
typedef float floats;
#elif WIDTH == 2
typedef float2 floats;
#elif WIDTH == 8
typedef float8 floats;
#else
typedef float16 floats;
#endif

kernel __attribute__((reqd_work_group_size(ITEMS, 1, 1)))
void peak_fma(float factor, float term, int steps, global float *sums) {
    floats x = factor;
    floats y = term;
    floats a = get_global_id(0);
    floats b = a + 1.0f;
    floats c = a + 2.0f;
    floats d = a + 3.0f;
    floats e = a + 4.0f;
    floats f = a + 5.0f;
    floats g = a + 6.0f;
    floats h = a + 7.0f;
    floats i = a + 8.0f;
    floats j = a + 9.0f;
    floats k = a + 10.0f;
    floats l = a + 11.0f;
    for (int step = 0; step < steps; step++) {
        a = MULTIPLY_ADD(a, x, y);
        b = MULTIPLY_ADD(b, x, y);
        c = MULTIPLY_ADD(c, x, y);
        d = MULTIPLY_ADD(d, x, y);
        e = MULTIPLY_ADD(e, x, y);
        f = MULTIPLY_ADD(f, x, y);
        g = MULTIPLY_ADD(g, x, y);
        h = MULTIPLY_ADD(h, x, y);
        i = MULTIPLY_ADD(i, x, y);
        j = MULTIPLY_ADD(j, x, y);
        k = MULTIPLY_ADD(k, x, y);
        l = MULTIPLY_ADD(l, x, y);
    }
    floats all = ((a + b) + (c + d)) + ((e + f) + (g + h)) + ((i + j) + (k + l));
#if WIDTH == 16
    float8 eight = all.lo + all.hi;
#elif WIDTH == 8
    float8 eight = all;
#endif
#if WIDTH >= 8
    float4 four = eight.lo + eight.hi;
    float2 two = four.lo + four.hi;
#elif WIDTH == 2
    float2 two = all;
#endif
#if WIDTH > 1
    sums[get_global_id(0)] = two.lo + two.hi;
#else
    sums[get_global_id(0)] = all;
#endif
}
