// Q6_K: d * sc * (q - 32). Unit of 256 columns: d 16 x f16; 8 groups of 32 columns { sc 16 x i8 of the first 16 columns,
// sc of the others; 4 words; 2 high words }. A part is half a group.
#define UNIT_COLS 256
#define UNIT_BYTES 3360
#define PART_COLS 16
#define PACKED 1
#define ZERO 32.0f
#define HAS_MINIMUM 0
#define GROUP_AT(unit, part) ((unit) + 32 + 416 * ((part) >> 1))

static inline rows_t part_scale(const global uchar *unit, int part, int lane) {
    return LOAD_F16(unit, lane) * LOAD_I8(GROUP_AT(unit, part) + 16 * ((part) & 1), lane);
}

static inline words_t part_bytes(const global uchar *unit, int part, int quad, int lane) {
    const global uchar *words = GROUP_AT(unit, part) + 32;
    words_t low = LOAD_WORD(words, 2 * (part & 1) + (quad >> 1), lane);
    return nibbles(low, quad) | upper_pairs(LOAD_WORD(words, 4 + (part & 1), lane), quad);
}
