// What products share: where a tile lies, and what is done with 16 finished rows.
//
// Up to three matrices of the same format and width are multiplied in one launch, as if their rows followed one another
// (queries, keys and values). With GATED there are two matrices of equal shape, and the result is
// activation(W0 x) * (W1 x). Needs rows.cl and a format of quant/.

#ifndef LINEAR_CL
#define LINEAR_CL

// Bits of `flags`.
#define NORM 1       // x is RMS-normalised first
#define BIAS 2       // bias[row] is added
#define RESIDUAL 4   // residual[token, row] is added
#define GATED 8      // activation(W0 x) * (W1 x)
#define GELU 16      // the activation is the tanh form of GELU, not SiLU (activate.cl)

// Row tiles; row planes have sizes of their own (planes.cl).
#ifdef UNIT_BYTES
#if UNIT_COLS >= PART_COLS
#define PARTS_PER_UNIT (UNIT_COLS / PART_COLS)
#define PART_BYTES (UNIT_BYTES / PARTS_PER_UNIT)
#define UNIT_OF(tile, part) ((tile) + (size_t)((part) / PARTS_PER_UNIT) * UNIT_BYTES)
#define PART_OF(part) ((part) % PARTS_PER_UNIT)
#else
#define UNIT_OF(tile, part) ((tile) + (size_t)(part) * (PART_COLS / UNIT_COLS * UNIT_BYTES))
#define PART_OF(part) 0
#define PART_BYTES (PART_COLS / UNIT_COLS * UNIT_BYTES)
#endif

#define TILE_BYTES(columns) ((size_t)((columns) / UNIT_COLS) * UNIT_BYTES)
#endif
#define TILES(rows) (((rows) + 15) / 16)

// Where a tile's bytes are, which row of the result is its first, and how many of its 16 rows exist.
typedef struct {
    const global uchar *tile;
    int row;
    int count;
} place_t;

static inline place_t place_of(int tile, const global uchar *w0, const global uchar *w1, const global uchar *w2,
                               int rows0, int rows1, int rows2, size_t tile_bytes) {
    place_t p;
    const global uchar *w = w0;
    int rows = rows0;
    int before = 0;
    if (tile >= TILES(rows0)) {
        tile -= TILES(rows0);
        before = rows0;
        w = w1;
        rows = rows1;
        if (tile >= TILES(rows1)) {
            tile -= TILES(rows1);
            before += rows1;
            w = w2;
            rows = rows2;
        }
    }
    p.tile = w + tile_bytes * tile;
    p.row = before + 16 * tile;
    p.count = min(16, rows - 16 * tile);
    return p;
}

#if LANES == 16
static inline void finish(rows_t value, place_t p, int lane, const global float *bias, const global float *residual,
                          global float *y, int flags) {
    if (p.count == 16) {
        if (flags & BIAS) {
            value += vload16(0, bias + p.row);
        }
        if (flags & RESIDUAL) {
            value += vload16(0, residual + p.row);
        }
        vstore16(value, 0, y + p.row);
        return;
    }
    float v[16];
    vstore16(value, 0, v);
    for (int i = 0; i < p.count; i++) {
        float f = v[i];
        if (flags & BIAS) {
            f += bias[p.row + i];
        }
        if (flags & RESIDUAL) {
            f += residual[p.row + i];
        }
        y[p.row + i] = f;
    }
}
#else
static inline void finish(rows_t value, place_t p, int lane, const global float *bias, const global float *residual,
                          global float *y, int flags) {
    if (lane < p.count) {
        if (flags & BIAS) {
            value += bias[p.row + lane];
        }
        if (flags & RESIDUAL) {
            value += residual[p.row + lane];
        }
        y[p.row + lane] = value;
    }
}
#endif

#endif
