// AMD's matrix cores of gfx908 and gfx90a, v_mfma_f32_16x16x16f16 in waves of 64, see unit.cl.
//
// Fragments as in AMD's matrix instruction calculator, with q = lane / 16: A (tokens): row lane % 16, columns 4q to 4q + 3; B (rows):
// the same of column lane % 16. The sums: column lane % 16, component i is row 4q + i.

typedef uint2 token_frag_t;
typedef uint2 row_frag_t;
typedef float4 sum_t;
#define UNIT_SUMS 4
#define SPREAD(sum, to) vstore4(sum, 0, to)

#define TOKEN_OF_HALF(lane, i) ((lane) % 16)
#define TOKEN_COLUMN_OF_HALF(lane, i) (4 * ((lane) / 16) + (i))
#define ROW_OF_HALF(lane, i) ((lane) % 16)
#define ROW_COLUMN_OF_HALF(lane, i) (4 * ((lane) / 16) + (i))
#define TOKEN_OF_SUM(lane, i) (4 * ((lane) / 16) + (i))
#define ROW_OF_SUM(lane, i) ((lane) % 16)

static inline token_frag_t load_tokens(const local uint *tile, int lane) {
    return *(const local uint2 *)(tile + lane % 16 * TILE_WORDS + 2 * (lane / 16));
}

static inline row_frag_t load_rows(const local uint *tile, int lane) {
    return load_tokens(tile, lane);
}

#if !UNIT_EMULATED
#pragma OPENCL EXTENSION cl_khr_fp16 : enable

static inline uint pack_halves(float low, float high) {
    return as_uint((half2)((half)low, (half)high));
}

static inline sum_t multiply_tiles(token_frag_t a, row_frag_t b, sum_t sum) {
    return __builtin_amdgcn_mfma_f32_16x16x16f16(as_half4(a), as_half4(b), sum, 0, 0, 0);
}
#endif
