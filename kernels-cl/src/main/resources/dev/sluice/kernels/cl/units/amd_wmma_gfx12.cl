// AMD's WMMA of gfx12 in waves of 32, see unit.cl.
//
// Fragments as in the RDNA 4 instruction set guide: A (tokens): row lane % 16, columns 0 to 7, for lanes 16 to 31 columns 8 to 15;
// B (rows): the same of column lane % 16. The sums: column lane % 16, component i is row i, for lanes 16 to 31 row i + 8.

typedef uint4 token_frag_t;
typedef uint4 row_frag_t;
typedef float8 sum_t;
#define UNIT_SUMS 8
#define SPREAD(sum, to) vstore8(sum, 0, to)

#define TOKEN_OF_HALF(lane, i) ((lane) % 16)
#define TOKEN_COLUMN_OF_HALF(lane, i) (8 * ((lane) / 16) + (i))
#define ROW_OF_HALF(lane, i) ((lane) % 16)
#define ROW_COLUMN_OF_HALF(lane, i) (8 * ((lane) / 16) + (i))
#define TOKEN_OF_SUM(lane, i) (8 * ((lane) / 16) + (i))
#define ROW_OF_SUM(lane, i) ((lane) % 16)

static inline token_frag_t load_tokens(const local uint *tile, int lane) {
    return *(const local uint4 *)(tile + lane % 16 * TILE_WORDS + 4 * (lane / 16));
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
    return __builtin_amdgcn_wmma_f32_16x16x16_f16_w32_gfx12(as_half8(a), as_half8(b), sum);
}
#endif
