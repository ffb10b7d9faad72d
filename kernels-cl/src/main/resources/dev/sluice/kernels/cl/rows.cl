// The 16 rows of a weight tile, as one work-item sees them.
//
// LANES = 16: a work-item owns all rows of a tile, each number is a float16 (vector registers of a CPU).
// LANES = 1: 16 neighbouring work-items own a row each, every load of theirs is contiguous (a GPU).
// The functions below read one number per row; `lane` says which row is this work-item's and is unused with 16 lanes.

#ifndef ROWS_CL
#define ROWS_CL

#ifndef LANES
#define LANES 16
#endif

// Fused or not, whichever the device does faster.
#ifndef MULTIPLY_ADD
#define MULTIPLY_ADD(a, b, c) fma(a, b, c)
#endif

#if LANES == 16
typedef float16 rows_t;
typedef int16 words_t;
#define UNSIGNED(w) as_uint16(w)
#define AS_ROWS(w) as_float16(w)
#define TO_ROWS(w) convert_float16(w)
#define LOAD_F32(p, lane) vload16(0, (const global float *)(p))
#define LOAD_F16(p, lane) vload_half16(0, (const global half *)(p))
#define LOAD_BF16(p, lane) as_float16(convert_int16(vload16(0, (const global ushort *)(p))) << 16)
#define LOAD_U8(p, lane) convert_float16(vload16(0, (p)))
#define LOAD_I8(p, lane) convert_float16(vload16(0, (const global char *)(p)))
#define LOAD_WORD(p, j, lane) vload16(j, (const global int *)(p))
#else
typedef float rows_t;
typedef int words_t;
#define UNSIGNED(w) as_uint(w)
#define AS_ROWS(w) as_float(w)
#define TO_ROWS(w) convert_float(w)
#define LOAD_F32(p, lane) ((const global float *)(p))[lane]
#define LOAD_F16(p, lane) vload_half(lane, (const global half *)(p))
#define LOAD_BF16(p, lane) as_float((int)((const global ushort *)(p))[lane] << 16)
#define LOAD_U8(p, lane) convert_float((p)[lane])
#define LOAD_I8(p, lane) convert_float(((const global char *)(p))[lane])
#define LOAD_WORD(p, j, lane) ((const global int *)(p))[16 * (j) + (lane)]
#endif

// Packed formats give their quants as unsigned bytes, four columns in a word. Of a word of nibbles, quad says which four.
static inline words_t nibbles(words_t w, int quad) {
    return (quad & 1 ? w >> 4 : w) & 0x0f0f0f0f;
}

// The fifth bit of four nibbles: bit 8b + quad of `high`.
static inline words_t fifth_bits(words_t high, int quad) {
    return (quad < 4 ? high << (4 - quad) : high >> (quad - 4)) & 0x10101010;
}

// The upper two bits of four nibbles: bits 8b + 2 quad and 8b + 2 quad + 1 of `high`.
static inline words_t upper_pairs(words_t high, int quad) {
    return (quad < 2 ? high << (4 - 2 * quad) : high >> (2 * quad - 4)) & 0x30303030;
}

#endif
