// Quants of a work-item's own row as floats. Needs rows.cl.

#ifndef PLACED_CL
#define PLACED_CL

// Quants become floats without a conversion: the n bits are put at the top of the mantissa of 2^n, which makes
// 2^n + quant. Formats count that bias into their offset.
#define BIAS_4 16.0f
#define BIAS_5 32.0f
#define BIAS_6 64.0f
#define BIAS_8 256.0f
#define PLACED_4(w) AS_ROWS(((w) & 0x00780000) | 0x41800000)
#define PLACED_5(low, high) AS_ROWS(((low) & 0x003c0000) | ((high) & 0x00400000) | 0x42000000)
#define PLACED_6(low, high) AS_ROWS(((low) & 0x001e0000) | ((high) & 0x00600000) | 0x42800000)
#define PLACED_8(w) AS_ROWS(((w) & 0x007f8000) | 0x43800000)

// Four columns: the low (odd = 0) or high (odd = 1) nibbles of a word's bytes, biased.
static inline void placed_nibbles(words_t w, int odd, rows_t q[4]) {
    if (odd) {
        q[0] = PLACED_4(w << 15);
        q[1] = PLACED_4(w << 7);
        q[2] = PLACED_4(w >> 1);
        q[3] = PLACED_4(w >> 9);
    } else {
        q[0] = PLACED_4(w << 19);
        q[1] = PLACED_4(w << 11);
        q[2] = PLACED_4(w << 3);
        q[3] = PLACED_4(w >> 5);
    }
}

// The same with a fifth bit: bit 8b + g of `high` for quad g.
static inline void placed_with_bits(words_t w, int odd, words_t high, int g, rows_t q[4]) {
    words_t h = high >> g;
    if (odd) {
        q[0] = PLACED_5(w << 14, h << 22);
        q[1] = PLACED_5(w << 6, h << 14);
        q[2] = PLACED_5(w >> 2, h << 6);
        q[3] = PLACED_5(w >> 10, h >> 2);
    } else {
        q[0] = PLACED_5(w << 18, h << 22);
        q[1] = PLACED_5(w << 10, h << 14);
        q[2] = PLACED_5(w << 2, h << 6);
        q[3] = PLACED_5(w >> 6, h >> 2);
    }
}

// The same with two upper bits: bits 8b + 2g and 8b + 2g + 1 of `high` for quad g.
static inline void placed_with_pairs(words_t w, int odd, words_t high, int g, rows_t q[4]) {
    words_t h = high >> (2 * g);
    if (odd) {
        q[0] = PLACED_6(w << 13, h << 21);
        q[1] = PLACED_6(w << 5, h << 13);
        q[2] = PLACED_6(w >> 3, h << 5);
        q[3] = PLACED_6(w >> 11, h >> 3);
    } else {
        q[0] = PLACED_6(w << 17, h << 21);
        q[1] = PLACED_6(w << 9, h << 13);
        q[2] = PLACED_6(w << 1, h << 5);
        q[3] = PLACED_6(w >> 7, h >> 3);
    }
}

#endif
