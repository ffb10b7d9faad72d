// Q8_0: d * q, q signed. Unit: d 16 x f16; 8 words.
#define UNIT_COLS 32
#define UNIT_BYTES 544
#define PART_COLS 32
#define HAS_SCALE 1
#define HAS_OFFSET 1

static inline rows_t part_scale(const global uchar *unit, int part, int lane) {
    return LOAD_F16(unit, lane);
}

static inline rows_t part_offset(const global uchar *unit, int part, int lane, rows_t scale) {
    return (-128.0f - BIAS_8) * scale;
}

static inline void part_quad(const global uchar *unit, int part, int quad, int lane, rows_t q[4]) {
    words_t w = LOAD_WORD(unit + 32, quad, lane) ^ (int)0x80808080;
    q[0] = PLACED_8(w << 15);
    q[1] = PLACED_8(w << 7);
    q[2] = PLACED_8(w >> 1);
    q[3] = PLACED_8(w >> 9);
}
