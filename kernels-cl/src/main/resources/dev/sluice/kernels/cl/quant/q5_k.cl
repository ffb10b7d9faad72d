// Q5_K: (d * sc) * q - dmin * mn. Unit of 256 columns: d, dmin 16 x f16; 8 parts { sc, mn 16 x u8; 4 words; 1 high }.
#define UNIT_COLS 256
#define UNIT_BYTES 2880
#define PART_COLS 32
#define HAS_SCALE 1
#define HAS_OFFSET 1
#define PART_AT(unit, part) ((unit) + 64 + 352 * (part))

static inline rows_t part_scale(const global uchar *unit, int part, int lane) {
    return LOAD_F16(unit, lane) * LOAD_U8(PART_AT(unit, part), lane);
}

static inline rows_t part_offset(const global uchar *unit, int part, int lane, rows_t scale) {
    return MULTIPLY_ADD((rows_t)(-BIAS_5), scale, -(LOAD_F16(unit + 32, lane) * LOAD_U8(PART_AT(unit, part) + 16, lane)));
}

static inline void part_quad(const global uchar *unit, int part, int quad, int lane, rows_t q[4]) {
    words_t high = LOAD_WORD(PART_AT(unit, part) + 32, 4, lane);
    nibbles_and_bits(LOAD_WORD(PART_AT(unit, part) + 32, quad >> 1, lane), quad & 1, high, quad, q);
}
