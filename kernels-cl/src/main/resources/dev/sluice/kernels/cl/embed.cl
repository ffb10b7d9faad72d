// Embedding look-up from row tiles: y[token] = scale * row ids[token] of the table. Tied embeddings and heads share the
// tiles.
//
// table      row tiles (docs/weight-layout.md) of `rows` rows, of which the first is row `first` of the whole table; a table
//            in several pieces takes a launch for each
// columns    width of the table
// all_rows   rows of the whole table; an id that is not one of them gives NaN
// ids        int32 [tokens]
// y          f32 [tokens, columns] from element y_at
//
// A work-group of ITEMS work-items looks one token up (dimension 0).
//
// Tunable: QUANT (the format's file), ITEMS.

#ifndef QUANT
#define QUANT "quant/q4_0.cl"
#endif
#ifndef ITEMS
#define ITEMS 1
#endif
#undef LANES
#define LANES 1
#include "rows.cl"
#include QUANT
#include "parts.cl"
#include "linear.cl"

kernel __attribute__((reqd_work_group_size(ITEMS, 1, 1)))
void embed(const global uchar *table, int first, int rows, int all_rows, int columns, float factor,
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
    id -= first;
    int lane = id & 15;
    const global uchar *tile = table + TILE_BYTES(columns) * (id >> 4);
    int quads = columns / PART_COLS * (PART_COLS / 4);
    for (int i = get_local_id(0); i < quads; i += ITEMS) {
        int part = i / (PART_COLS / 4);
        const global uchar *unit = UNIT_OF(tile, part);
        rows_t q[4];
        part_quad(unit, PART_OF(part), i % (PART_COLS / 4), lane, q);
#if PACKED
        rows_t scale = part_scale(unit, PART_OF(part), lane);
        rows_t offset = part_offset(unit, PART_OF(part), lane, scale);
#endif
        for (int b = 0; b < 4; b++) {
#if PACKED
            q[b] = MULTIPLY_ADD(q[b], scale, offset);
#endif
            y[4 * i + b] = factor * q[b];
        }
    }
#if UNIT_COLS == 1
    for (int c = 4 * quads + get_local_id(0); c < columns; c += ITEMS) {
        y[c] = factor * column_of(tile + (size_t)c * UNIT_BYTES, lane);
    }
#endif
}
