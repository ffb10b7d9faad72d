// NVIDIA's tensor cores: mma.sync.m16n8k16 by inline PTX (sm_80), see unit.cl.
//
// Fragments as in the PTX ISA, "Matrix Fragments for mma.m16n8k16 with floating point type", with g = lane / 4 and
// t = lane % 4. A (tokens): halves 2t, 2t + 1 of rows g and g + 8, then the same eight columns on. B (rows): halves 2t, 2t + 1 of
// column g, then the same eight on. The sums: columns 2t, 2t + 1 of rows g and g + 8.
//
// With PTX_MMA_K 8 it is two mma.sync.m16n8k8 (sm_75), whose fragments are the first and the second half of these.

#ifndef PTX_MMA_K
#define PTX_MMA_K 16
#endif

typedef uint4 token_frag_t;
typedef uint2 row_frag_t;
typedef float4 sum_t;
#define UNIT_SUMS 4
#define SPREAD(sum, to) vstore4(sum, 0, to)

#define TOKEN_OF_HALF(lane, i) ((lane) / 4 + 8 * ((i) / 2 % 2))
#define TOKEN_COLUMN_OF_HALF(lane, i) (2 * ((lane) % 4) + (i) % 2 + 8 * ((i) / 4))
#define ROW_OF_HALF(lane, i) ((lane) / 4)
#define ROW_COLUMN_OF_HALF(lane, i) (2 * ((lane) % 4) + (i) % 2 + 8 * ((i) / 2))
#define TOKEN_OF_SUM(lane, i) ((lane) / 4 + 8 * ((i) / 2))
#define ROW_OF_SUM(lane, i) (2 * ((lane) % 4) + (i) % 2)

static inline token_frag_t load_tokens(const local uint *tile, int lane) {
    const local uint *upper = tile + lane / 4 * TILE_WORDS + lane % 4;
    const local uint *lower = upper + 8 * TILE_WORDS;
    return (uint4)(upper[0], lower[0], upper[4], lower[4]);
}

static inline row_frag_t load_rows(const local uint *tile, int lane) {
    const local uint *own = tile + lane / 4 * TILE_WORDS + lane % 4;
    return (uint2)(own[0], own[4]);
}

#if !UNIT_EMULATED
static inline uint pack_halves(float low, float high) {
    uint both;
    __asm__("{\n\t.reg .b16 l, h;\n\tcvt.rn.f16.f32 l, %1;\n\tcvt.rn.f16.f32 h, %2;\n\tmov.b32 %0, {l, h};\n\t}"
            : "=r"(both)
            : "f"(low), "f"(high));
    return both;
}

static inline sum_t multiply_tiles(token_frag_t a, row_frag_t b, sum_t sum) {
    float s0 = sum.x, s1 = sum.y, s2 = sum.z, s3 = sum.w;
#if PTX_MMA_K == 16
    __asm__ volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 "
                     "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                     : "+f"(s0), "+f"(s1), "+f"(s2), "+f"(s3)
                     : "r"(a.x), "r"(a.y), "r"(a.z), "r"(a.w), "r"(b.x), "r"(b.y));
#else
    __asm__ volatile("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 "
                     "{%0, %1, %2, %3}, {%4, %5}, {%6}, {%0, %1, %2, %3};"
                     : "+f"(s0), "+f"(s1), "+f"(s2), "+f"(s3)
                     : "r"(a.x), "r"(a.y), "r"(b.x));
    __asm__ volatile("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 "
                     "{%0, %1, %2, %3}, {%4, %5}, {%6}, {%0, %1, %2, %3};"
                     : "+f"(s0), "+f"(s1), "+f"(s2), "+f"(s3)
                     : "r"(a.z), "r"(a.w), "r"(b.y));
#endif
    return (float4)(s0, s1, s2, s3);
}
#endif
