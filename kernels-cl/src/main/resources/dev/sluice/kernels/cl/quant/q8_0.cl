// Q8_0: d * q, q signed: its sign bit is turned, which makes it q + 128. Unit: d 16 x f16; 8 words.
#define UNIT_COLS 32
#define UNIT_BYTES 544
#define PART_COLS 32
#define PACKED 1
#define ZERO 128.0f
#define HAS_MINIMUM 0

static inline rows_t part_scale(const global uchar *unit, int part, int lane) {
    return LOAD_F16(unit, lane);
}

static inline words_t part_bytes(const global uchar *unit, int part, int quad, int lane) {
    return LOAD_WORD(unit + 32, quad, lane) ^ (int)0x80808080;
}
