// A weight tile in row planes, or with BY_COLUMNS in row columns (docs/weight-layout.md), as one work-item sees it: chunks of 16 bytes of low bits, each with
// its high bits, and the scales of 16 or 32 columns. A format's file defines, before it includes this:
//
// CHUNK_COLS      columns of 16 bytes: 32 (four low bits), 16 (bytes), 8 (f16), 4 (f32)
// HIGH_WORDS      32-bit words of high bits for 32 columns
// SMALL_BYTES     bytes of small scales for 32 columns
// SCALE_HALVES    f16 numbers for UNIT columns; 0 for a format without scales
// SCALE_COLS      columns of a chunk that have the same scale
// QUANT_BIAS      what the quants of chunk_quad are too large by

#ifndef PLANES_CL
#define PLANES_CL

#undef LANES
#define LANES 1
#include "rows.cl"
#include "placed.cl"

#ifndef BY_COLUMNS
#define BY_COLUMNS 0
#endif
// The place of a row's i-th piece of a plane, of `count`.
#if BY_COLUMNS
#define PLACE(row, i, count) ((i) * 16 + (row))
#else
#define PLACE(row, i, count) ((row) * (count) + (i))
#endif
#define CHUNKS_PER_PART (32 / CHUNK_COLS)
#define CHUNKS(columns) (((columns) + CHUNK_COLS - 1) / CHUNK_COLS)
#define PARTS(columns) ((columns) / 32)
#define UNITS(columns) ((columns) / UNIT)
#define HIGH_AT(columns) (256 * CHUNKS(columns))
#define SMALL_AT(columns) (HIGH_AT(columns) + 64 * HIGH_WORDS * PARTS(columns))
#define SCALES_AT(columns) (SMALL_AT(columns) + 16 * SMALL_BYTES * PARTS(columns))
#if SCALE_HALVES
#define PLANES_BYTES(columns) ((size_t)SCALES_AT(columns) + 32 * SCALE_HALVES * UNITS(columns))
#else
#define PLANES_BYTES(columns) ((size_t)HIGH_AT(columns))
#endif

// The low bits of a chunk and the high bits of its 32 columns.
typedef struct {
    uint4 low;
    uint high0;
    uint high1;
} chunk_t;

static inline chunk_t load_chunk(const global uchar *tile, int columns, int row, int chunk) {
    chunk_t c;
    c.low = ((const global uint4 *)tile)[PLACE(row, chunk, CHUNKS(columns))];
    c.high0 = 0;
    c.high1 = 0;
#if HIGH_WORDS > 0
    const global uint *high =
        (const global uint *)(tile + HIGH_AT(columns)) + PLACE(row, chunk / CHUNKS_PER_PART, PARTS(columns)) * HIGH_WORDS;
    c.high0 = high[0];
#endif
#if HIGH_WORDS > 1
    c.high1 = high[1];
#endif
    return c;
}

static inline int word_of(uint4 w, int i) {
    uint2 pair = i & 2 ? w.zw : w.xy;
    return as_int(i & 1 ? pair.y : pair.x);
}

// The f16 numbers of the 32 columns of a part.
#if SCALE_HALVES
static inline const global half *scales_at(const global uchar *tile, int columns, int row, int part) {
    return (const global half *)(tile + SCALES_AT(columns)) + PLACE(row, part / (UNIT / 32), UNITS(columns)) * SCALE_HALVES;
}
#endif
#if SMALL_BYTES
static inline const global uchar *small_at(const global uchar *tile, int columns, int row, int part) {
    return tile + SMALL_AT(columns) + PLACE(row, part, PARTS(columns)) * SMALL_BYTES;
}
#endif

#endif
