// A device's matrix unit: the work-items of a sub-group together multiply a tile of tokens by a tile of rows.
//
//   sums [UNIT_TOKENS, UNIT_ROWS] += tokens [UNIT_TOKENS, 16] * rows [UNIT_ROWS, 16] transposed
//
// Tokens and rows are f16, sums f32. Each lane has a fragment of each; which elements these are is the unit's matter. Tiles lie in
// local memory, a token or row of 32 columns in TILE_WORDS words, 16-byte aligned. A unit's file, units/*.cl, defines
//
// token_frag_t, row_frag_t, sum_t  a lane's fragments
// UNIT_SUMS                        sums of a lane, which SPREAD(sum, to) makes an array of
// load_tokens, load_rows           a lane's fragment of the tile whose first word is given
// pack_halves                      two f16 in a word, the first in its lower half
// multiply_tiles                   the product, by all lanes at once
// TOKEN_OF_SUM, ROW_OF_SUM         which element a lane's i-th sum is
// TOKEN_OF_HALF, TOKEN_COLUMN_OF_HALF, ROW_OF_HALF, ROW_COLUMN_OF_HALF   which elements the fragments' halves are
// UNIT_ATTRIBUTES                  of the kernel, if need be
//
// With UNIT_EMULATED the product is made of the fragments in plain OpenCL C 1.2 instead: slowly, but on every device, so that all
// but the instruction itself can be tried without the unit. Kernels say UNIT_SCRATCH among their local variables.
//
// From the host: MATRIX_UNIT (the unit's file), UNIT_LANES (work-items of a sub-group, the first dimension of the groups), SUBS
// (sub-groups of a group, the second), UNIT_TOKENS, UNIT_ROWS, UNIT_EMULATED.

#ifndef UNIT_CL
#define UNIT_CL

#ifndef MATRIX_UNIT
#define MATRIX_UNIT "units/ptx_mma.cl"
#define UNIT_LANES 32
#define UNIT_TOKENS 16
#define UNIT_ROWS 8
#define UNIT_EMULATED 1
#endif

// The four words more than the 32 halves take keep the lanes' reads in different banks.
#define TILE_WORDS 20

#include MATRIX_UNIT

#ifndef UNIT_ATTRIBUTES
#define UNIT_ATTRIBUTES
#endif

#if UNIT_EMULATED
#define UNIT_UNROLL 1
#define UNIT_SCRATCH local float unit_scratch[SUBS * 16 * (UNIT_TOKENS + UNIT_ROWS)];
#define MULTIPLY_TILES(a, b, sum) \
    emulated(a, b, sum, unit_scratch + get_local_id(1) * 16 * (UNIT_TOKENS + UNIT_ROWS), get_local_id(0))

static inline uint pack_halves(float low, float high) {
    uint both;
    vstore_half2_rte((float2)(low, high), 0, (half *)&both);
    return both;
}

// All sub-groups of a work-group must come here together.
static inline sum_t emulated(token_frag_t a, row_frag_t b, sum_t sum, local float *tokens, int lane) {
    local float *rows = tokens + 16 * UNIT_TOKENS;
    for (int i = 0; i < (int)sizeof(a) / 2; i++) {
        tokens[16 * TOKEN_OF_HALF(lane, i) + TOKEN_COLUMN_OF_HALF(lane, i)] = vload_half(i, (const half *)&a);
    }
    for (int i = 0; i < (int)sizeof(b) / 2; i++) {
        rows[16 * ROW_OF_HALF(lane, i) + ROW_COLUMN_OF_HALF(lane, i)] = vload_half(i, (const half *)&b);
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    float *sums = (float *)&sum;
    for (int i = 0; i < UNIT_SUMS; i++) {
        for (int c = 0; c < 16; c++) {
            sums[i] += tokens[16 * TOKEN_OF_SUM(lane, i) + c] * rows[16 * ROW_OF_SUM(lane, i) + c];
        }
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    return sum;
}
#else
#define UNIT_UNROLL 64
#define UNIT_SCRATCH
#define MULTIPLY_TILES(a, b, sum) multiply_tiles(a, b, sum)
#endif

#endif
