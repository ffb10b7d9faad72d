// A matrix unit, tried: Y = X W^T over 32 columns, by sub-groups with different numbers. See the host's MatrixProbe.
//
// x   f16 [SUBS, UNIT_TOKENS, 32], two in a word
// w   f16 [SUBS, UNIT_ROWS, 32]
// y   f32 [SUBS, UNIT_TOKENS, UNIT_ROWS]

#ifndef SUBS
#define SUBS 2
#endif
#include "unit.cl"

static inline void fill(local uint *tile, const global uint *from, int count, int lane) {
    for (int i = lane; i < 16 * count; i += UNIT_LANES) {
        tile[i / 16 * TILE_WORDS + i % 16] = from[i];
    }
}

kernel __attribute__((reqd_work_group_size(UNIT_LANES, SUBS, 1))) UNIT_ATTRIBUTES
void probe_matrix(const global uint *x, const global uint *w, global float *y) {
    local uint4 tokens[SUBS * UNIT_TOKENS * TILE_WORDS / 4];
    local uint4 rows[SUBS * UNIT_ROWS * TILE_WORDS / 4];
    UNIT_SCRATCH
    int lane = get_local_id(0);
    int sub = get_local_id(1);
    local uint *own_tokens = (local uint *)tokens + sub * UNIT_TOKENS * TILE_WORDS;
    local uint *own_rows = (local uint *)rows + sub * UNIT_ROWS * TILE_WORDS;
    fill(own_tokens, x + sub * UNIT_TOKENS * 16, UNIT_TOKENS, lane);
    fill(own_rows, w + sub * UNIT_ROWS * 16, UNIT_ROWS, lane);
    barrier(CLK_LOCAL_MEM_FENCE);
    sum_t sum = 0.0f;
    for (int words = 0; words < 16; words += 8) {
        sum = MULTIPLY_TILES(load_tokens(own_tokens + words, lane), load_rows(own_rows + words, lane), sum);
    }
    float of[UNIT_SUMS];
    SPREAD(sum, of);
    for (int i = 0; i < UNIT_SUMS; i++) {
        y[(sub * UNIT_TOKENS + TOKEN_OF_SUM(lane, i)) * UNIT_ROWS + ROW_OF_SUM(lane, i)] = of[i];
    }
}
