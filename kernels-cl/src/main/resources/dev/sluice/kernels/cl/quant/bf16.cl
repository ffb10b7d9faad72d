// BF16: a unit is one column of 16 rows; 32 of them are treated as a part without scale.
#define UNIT_COLS 1
#define UNIT_BYTES 32
#define PART_COLS 32
#define PACKED 0

static inline rows_t column_of(const global uchar *unit, int lane) {
    return LOAD_BF16(unit, lane);
}
