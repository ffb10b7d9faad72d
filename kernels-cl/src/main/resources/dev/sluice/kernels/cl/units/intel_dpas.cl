// Intel's matrix engines: cl_intel_subgroup_matrix_multiply_accumulate with f16, see unit.cl. Sub-groups are of the smallest size
// that the device has, 8 or 16, which is also how many rows a product has.
//
// Fragments as in the extension's text: A (tokens): component m is the matrix' row m, its columns shared out among the lanes, two to
// a lane of 8, one to a lane of 16. B (rows): component j has the matrix' rows 2j and 2j + 1 of column `lane`. The sums: component m
// is row m of column `lane`.

#if UNIT_LANES == 8
typedef int8 token_frag_t;
#define TOKEN_OF_HALF(lane, i) ((i) / 2)
#define TOKEN_COLUMN_OF_HALF(lane, i) (2 * (lane) + (i) % 2)
#else
typedef short8 token_frag_t;
#define TOKEN_OF_HALF(lane, i) (i)
#define TOKEN_COLUMN_OF_HALF(lane, i) (lane)
#endif
typedef int8 row_frag_t;
typedef float8 sum_t;
#define UNIT_SUMS 8
#define SPREAD(sum, to) vstore8(sum, 0, to)

#define ROW_OF_HALF(lane, i) (lane)
#define ROW_COLUMN_OF_HALF(lane, i) (i)
#define TOKEN_OF_SUM(lane, i) (i)
#define ROW_OF_SUM(lane, i) (lane)

static inline token_frag_t load_tokens(const local uint *tile, int lane) {
#if UNIT_LANES == 8
    const local int *from = (const local int *)tile + lane;
#define STEP TILE_WORDS
#else
    const local short *from = (const local short *)tile + lane;
#define STEP (2 * TILE_WORDS)
#endif
    return (token_frag_t)(from[0], from[STEP], from[2 * STEP], from[3 * STEP], from[4 * STEP], from[5 * STEP],
                          from[6 * STEP], from[7 * STEP]);
#undef STEP
}

static inline row_frag_t load_rows(const local uint *tile, int lane) {
    const local uint4 *own = (const local uint4 *)(tile + lane * TILE_WORDS);
    return as_int8((uint8)(own[0], own[1]));
}

#if !UNIT_EMULATED
#pragma OPENCL EXTENSION cl_khr_fp16 : enable
#define UNIT_ATTRIBUTES __attribute__((intel_reqd_sub_group_size(UNIT_LANES)))

static inline uint pack_halves(float low, float high) {
    return as_uint((half2)((half)low, (half)high));
}

static inline sum_t multiply_tiles(token_frag_t a, row_frag_t b, sum_t sum) {
    return intel_sub_group_f16_f16_matrix_mad_k16(a, b, sum);
}
#endif
