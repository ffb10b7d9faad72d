// Embedding look-up from row planes or row columns: y[token] = scale * row ids[token] of the table. As embed.cl; a table in several
// pieces takes a launch for each.
//
// table      row planes, or with BY_COLUMNS row columns (docs/weight-layout.md) of `rows` rows, of which the first is row `first` of the whole table
// columns    width of the table
// all_rows   rows of the whole table; an id that is not one of them gives NaN
// ids        int32 [tokens]
// y          f32 [tokens, columns] from element y_at
//
// A work-group of ITEMS work-items looks one token up (dimension 0).
//
// Tunable: QUANT (the format's file), BY_COLUMNS, ITEMS, MULTIPLY_ADD.

#ifndef QUANT
#define QUANT "planes/q4_0.cl"
#endif
#ifndef ITEMS
#define ITEMS 64
#endif
#include QUANT

kernel __attribute__((reqd_work_group_size(ITEMS, 1, 1)))
void embed_planes(const global uchar *table, int first, int rows, int all_rows, int columns, float factor,
                  const global int *ids, global float *y, int y_at) {
    int token = get_group_id(0);
    int id = ids[token];
    y += y_at + (size_t)token * columns;
    if (id < 0 || id >= all_rows) {
        for (int c = get_local_id(0); first == 0 && c < columns; c += ITEMS) {
            y[c] = NAN;
        }
        return;
    }
    if (id < first || id >= first + rows) {
        return;
    }
    int row = (id - first) & 15;
    const global uchar *tile = table + PLANES_BYTES(columns) * ((id - first) >> 4);
    for (int i = get_local_id(0); i < (columns + 3) / 4; i += ITEMS) {
        int chunk = 4 * i / CHUNK_COLS;
        int quad = i % (CHUNK_COLS / 4);
        float4 q = chunk_quad(load_chunk(tile, columns, row, chunk), quad);
#if SCALE_HALVES
        float2 scale = scales_of(tile, columns, row, i / 8, i % 8 / 4);
        q = MULTIPLY_ADD(q, (float4)scale.x, (float4)MULTIPLY_ADD(-QUANT_BIAS, scale.x, scale.y));
#endif
        q *= factor;
        for (int b = 0; b < 4 && 4 * i + b < columns; b++) {
            y[4 * i + b] = b == 0 ? q.x : b == 1 ? q.y : b == 2 ? q.z : q.w;
        }
    }
}
