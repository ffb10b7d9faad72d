// Q5_1: d * q + m. Unit: d, m 16 x f16; 4 words; 1 high word.
#define UNIT_COLS 32
#define UNIT_BYTES 384
#define PART_COLS 32
#define HAS_SCALE 1
#define HAS_OFFSET 1

static inline rows_t part_scale(const global uchar *unit, int part, int lane) {
    return LOAD_F16(unit, lane);
}

static inline rows_t part_offset(const global uchar *unit, int part, int lane, rows_t scale) {
    return MULTIPLY_ADD((rows_t)(-BIAS_5), scale, LOAD_F16(unit + 32, lane));
}

static inline void part_quad(const global uchar *unit, int part, int quad, int lane, rows_t q[4]) {
    words_t high = LOAD_WORD(unit + 64, 4, lane);
    nibbles_and_bits(LOAD_WORD(unit + 64, quad >> 1, lane), quad & 1, high, quad, q);
}
