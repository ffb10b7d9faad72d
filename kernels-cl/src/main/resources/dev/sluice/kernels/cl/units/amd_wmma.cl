// AMD's WMMA of gfx11 in waves of 32, see unit.cl.
//
// Fragments as in AMD's "How to accelerate AI applications on RDNA 3 using WMMA" and the RDNA 3 instruction set guide: A (tokens): row
// lane % 16, all 16 columns; B (rows): column lane % 16, all 16 rows; lanes 16 to 31 repeat lanes 0 to 15. The sums: column lane % 16,
// component i is row 2i, for lanes 16 to 31 row 2i + 1.

typedef uint8 token_frag_t;
typedef uint8 row_frag_t;
typedef float8 sum_t;
#define UNIT_SUMS 8
#define SPREAD(sum, to) vstore8(sum, 0, to)

#define TOKEN_OF_HALF(lane, i) ((lane) % 16)
#define TOKEN_COLUMN_OF_HALF(lane, i) (i)
#define ROW_OF_HALF(lane, i) ((lane) % 16)
#define ROW_COLUMN_OF_HALF(lane, i) (i)
#define TOKEN_OF_SUM(lane, i) (2 * (i) + (lane) / 16)
#define ROW_OF_SUM(lane, i) ((lane) % 16)

static inline token_frag_t load_tokens(const local uint *tile, int lane) {
    const local uint4 *own = (const local uint4 *)(tile + lane % 16 * TILE_WORDS);
    return (uint8)(own[0], own[1]);
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
    return __builtin_amdgcn_wmma_f32_16x16x16_f16_w32(as_half16(a), as_half16(b), sum);
}
#endif
