// How numbers become the bytes and scales of a KV cache of 8 bits (kv.cl).

#ifndef KV_BYTES_CL
#define KV_BYTES_CL
#include "kv.cl"

// A work-item that is alone in its group shares with nobody and waits for nobody. (Nor does all that PoCL 3.1 makes of local
// memory and barriers in branches come out right.)
#if ITEMS > 1
#define SHARED local
#define WAIT_FOR_ALL barrier(CLK_LOCAL_MEM_FENCE)
#else
#define SHARED
#define WAIT_FOR_ALL
#endif

#if KV_BITS == 8
// The scale of run `run` of a head's elements. A number that is infinite or none makes it none.
static inline float kv_scale(const SHARED float *x, int run) {
    float most = 0.0f;
    float nothing = 0.0f;
    for (int d = KV_RUN * run; d < min(HEAD_DIM, KV_RUN * run + KV_RUN); d++) {
        most = fmax(most, fabs(x[d]));
        nothing += 0.0f * x[d];
    }
    return most / 127.0f + nothing;
}

// Not beyond 127 even where the inverse was rounded up or overflowed.
static inline char kv_quant(float x, float scale) {
    float inverse = scale == 0.0f ? 0.0f : 1.0f / scale;
    return convert_char_sat(fmin(fmax(rint(x * inverse), -127.0f), 127.0f));
}

// Writes a head's elements to q, `step` bytes apart, padded with zeros to `width` of them, and the scales of its runs,
// `stride` floats apart. All work-items of a group come here; x is theirs to change again behind it.
static inline void kv_keep(const SHARED float *x, SHARED float *scales, int runs, int width, global char *q, int step,
                           global float *to, int stride, int item, int items) {
    for (int run = item; run < runs; run += items) {
        float scale = kv_scale(x, run);
        scales[run] = scale;
        to[(size_t)run * stride] = scale;
    }
    WAIT_FOR_ALL;
    for (int d = item; d < width; d += items) {
        q[d * step] = d < HEAD_DIM ? kv_quant(x[d], scales[d / KV_RUN]) : 0;
    }
    WAIT_FOR_ALL;
}
#endif

#endif
