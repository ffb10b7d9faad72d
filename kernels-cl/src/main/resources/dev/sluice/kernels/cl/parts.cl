// A part of a row tile as floats, whatever its format: PART_COLS columns that share a scale. Needs rows.cl and a format of
// quant/, which says of a packed part (PACKED) how large its scale, its minimum and its quants are:
// value = scale * (quant - ZERO) + minimum.

#ifndef PARTS_CL
#define PARTS_CL

#if PACKED
// The floats of quads are this much too large. Where a conversion is slow, the byte is put into the mantissa of 256.
#if LANES == 16
#define QUAD_BIAS 0.0f
#else
#define QUAD_BIAS 256.0f
#endif

// What is to be added to scale times the floats of a quad.
static inline rows_t part_offset(const global uchar *unit, int part, int lane, rows_t scale) {
#if HAS_MINIMUM
    return MULTIPLY_ADD((rows_t)(-ZERO - QUAD_BIAS), scale, part_minimum(unit, part, lane));
#else
    return (-ZERO - QUAD_BIAS) * scale;
#endif
}

// Byte b of each word, times 2^(8b) for b < 3: one `and` and one conversion each.
static inline void raw_quad(words_t w, rows_t q[4]) {
    q[0] = TO_ROWS(w & 0xff);
    q[1] = TO_ROWS(w & 0xff00);
    q[2] = TO_ROWS(w & 0xff0000);
    q[3] = TO_ROWS(UNSIGNED(w) >> 24);
}
#define RAW_SCALE(b) ((b) == 1 ? 0x1p-8f : (b) == 2 ? 0x1p-16f : 1.0f)

static inline void part_quad(const global uchar *unit, int part, int quad, int lane, rows_t q[4]) {
    words_t w = part_bytes(unit, part, quad, lane);
#if LANES == 16
    q[0] = TO_ROWS(w & 0xff);
    q[1] = TO_ROWS((w >> 8) & 0xff);
    q[2] = TO_ROWS((w >> 16) & 0xff);
    q[3] = TO_ROWS(UNSIGNED(w) >> 24);
#else
    q[0] = AS_ROWS(((w << 15) & 0x007f8000) | 0x43800000);
    q[1] = AS_ROWS(((w << 7) & 0x007f8000) | 0x43800000);
    q[2] = AS_ROWS(((w >> 1) & 0x007f8000) | 0x43800000);
    q[3] = AS_ROWS(((w >> 9) & 0x007f8000) | 0x43800000);
#endif
}
#else
static inline void part_quad(const global uchar *unit, int part, int quad, int lane, rows_t q[4]) {
    for (int b = 0; b < 4; b++) {
        q[b] = column_of(unit + UNIT_BYTES * (4 * quad + b), lane);
    }
}
#endif

#endif
