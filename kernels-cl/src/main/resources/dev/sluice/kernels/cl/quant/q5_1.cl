// Q5_1: d * q + m. Unit: d, m 16 x f16; 4 words; 1 high word.
#define UNIT_COLS 32
#define UNIT_BYTES 384
#define PART_COLS 32
#define PACKED 1
#define ZERO 0.0f
#define HAS_MINIMUM 1

static inline rows_t part_scale(const global uchar *unit, int part, int lane) {
    return LOAD_F16(unit, lane);
}

static inline rows_t part_minimum(const global uchar *unit, int part, int lane) {
    return LOAD_F16(unit + 32, lane);
}

static inline words_t part_bytes(const global uchar *unit, int part, int quad, int lane) {
    return nibbles(LOAD_WORD(unit + 64, quad >> 1, lane), quad) | fifth_bits(LOAD_WORD(unit + 64, 4, lane), quad);
}
