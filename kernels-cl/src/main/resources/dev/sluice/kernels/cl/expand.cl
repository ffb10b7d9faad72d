// Weights of a row plane as floats. Needs a format of planes/ and MULTIPLY_ADD.

#ifndef EXPAND_CL
#define EXPAND_CL

// Eight columns of a row, from 32 * part + c on (c: 0, 8, 16 or 24); zero beyond the last column.
static inline void expand_eight(const global uchar *tile, int columns, int tile_row, int part, int c, float4 *low,
                                float4 *high) {
    int chunk = part * CHUNKS_PER_PART + c / CHUNK_COLS;
    int quad = c % CHUNK_COLS / 4;
    *low = 0.0f;
    *high = 0.0f;
#if SCALE_HALVES
    chunk_t bits = load_chunk(tile, columns, tile_row, chunk);
    float2 scale = scales_of(tile, columns, tile_row, part, c / 16);
    float4 offset = MULTIPLY_ADD(-QUANT_BIAS, scale.x, scale.y);
    *low = MULTIPLY_ADD(chunk_quad(bits, quad), (float4)scale.x, offset);
    *high = MULTIPLY_ADD(chunk_quad(bits, quad + 1), (float4)scale.x, offset);
#else
    // These formats may end within a part.
    if (chunk < CHUNKS(columns)) {
        *low = chunk_quad(load_chunk(tile, columns, tile_row, chunk), quad);
    }
    chunk += CHUNK_COLS == 4;
    if (chunk < CHUNKS(columns)) {
        *high = chunk_quad(load_chunk(tile, columns, tile_row, chunk), quad + 1);
    }
#endif
}

#endif
