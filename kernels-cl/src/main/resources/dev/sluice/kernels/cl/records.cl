// Activations in bytes as round_tokens.cl leaves them for matmul_dot.cl. Needs a format of quant/.
//
// For each panel of TOKENS tokens and each 32 columns a record of RECORD * TOKENS words: q [8, TOKENS] (four bytes a word), scale,
// scale * sum of q [TOKENS] each, and where quants have a zero point what sums of products begin with, -ZERO * sum of q [STARTS,
// TOKENS]: of all columns, or of columns 0 to 15 and 16 to 31 where these have scales of their own. Behind the records of the panel
// as many of r, what rounding has left (rounding.cl), with scale / 254 for a scale; then a word for each 32 columns: whether r is
// to be used. Tokens beyond the last are zero.

#ifndef RECORDS_CL
#define RECORDS_CL

#define COLUMNS 32
#define HALVES (COLUMNS / PART_COLS)
#define STARTS (ZERO == 0.0f ? 0 : HALVES)
#define RECORD (10 + STARTS)
// A panel in words.
#define PANEL(columns) ((size_t)(columns) / COLUMNS * (2 * RECORD * TOKENS + 1))

#endif
