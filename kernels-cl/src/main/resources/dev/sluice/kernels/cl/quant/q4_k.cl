// Q4_K: (d * sc) * q - dmin * mn. Unit of 256 columns: d, dmin 16 x f16; 8 parts { sc, mn 16 x u8; 4 words }.
#define UNIT_COLS 256
#define UNIT_BYTES 2368
#define PART_COLS 32
#define PACKED 1
#define ZERO 0.0f
#define HAS_MINIMUM 1
#define PART_AT(unit, part) ((unit) + 64 + 288 * (part))

static inline rows_t part_scale(const global uchar *unit, int part, int lane) {
    return LOAD_F16(unit, lane) * LOAD_U8(PART_AT(unit, part), lane);
}

static inline rows_t part_minimum(const global uchar *unit, int part, int lane) {
    return -(LOAD_F16(unit + 32, lane) * LOAD_U8(PART_AT(unit, part) + 16, lane));
}

static inline words_t part_bytes(const global uchar *unit, int part, int quad, int lane) {
    return nibbles(LOAD_WORD(PART_AT(unit, part) + 32, quad >> 1, lane), quad);
}
