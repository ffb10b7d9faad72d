// F16: a unit is one column of 16 rows; 32 of them are treated as a part without scale.
#define UNIT_COLS 1
#define UNIT_BYTES 32
#define PART_COLS 32
#define HAS_SCALE 0
#define HAS_OFFSET 0

static inline rows_t column_of(const global uchar *unit, int lane) {
    return LOAD_F16(unit, lane);
}

static inline void part_quad(const global uchar *unit, int part, int quad, int lane, rows_t q[4]) {
    for (int b = 0; b < 4; b++) {
        q[b] = column_of(unit + UNIT_BYTES * (4 * quad + b), lane);
    }
}
