// Q6_K: d * sc * (q - 32). Unit of 256 columns: d 16 x f16; 8 groups of 32 columns { sc 16 x i8 of the first 16 columns,
// sc of the others; 4 words; 2 high words }. A part is half a group.
#define UNIT_COLS 256
#define UNIT_BYTES 3360
#define PART_COLS 16
#define HAS_SCALE 1
#define HAS_OFFSET 1
#define GROUP_AT(unit, part) ((unit) + 32 + 416 * ((part) >> 1))

static inline rows_t part_scale(const global uchar *unit, int part, int lane) {
    return LOAD_F16(unit, lane) * LOAD_I8(GROUP_AT(unit, part) + 16 * ((part) & 1), lane);
}

static inline rows_t part_offset(const global uchar *unit, int part, int lane, rows_t scale) {
    return (-32.0f - BIAS_6) * scale;
}

static inline void part_quad(const global uchar *unit, int part, int quad, int lane, rows_t q[4]) {
    const global uchar *words = GROUP_AT(unit, part) + 32;
    words_t low = LOAD_WORD(words, 2 * (part & 1) + (quad >> 1), lane);
    nibbles_and_pairs(low, quad & 1, LOAD_WORD(words, 4 + (part & 1), lane), quad, q);
}
