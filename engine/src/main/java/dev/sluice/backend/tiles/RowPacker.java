package dev.sluice.backend.tiles;

/**
 * Interleaves the rows of one tile. The rows and the tile are arrays of little-endian 32-bit words: plain array code runs
 * well from the first call, in the interpreter and when compiled quickly, and packing is over before better code would
 * be ready.
 */
interface RowPacker {
    /** The low four bits of each of four bytes. */
    int NIBBLES = 0x0f0f0f0f;

    /** Words of one int32 for each of 16 rows. */
    int WORD = 16;

    /** Words of one f16 for each of 16 rows. */
    int HALVES = 8;

    /** Words of one byte for each of 16 rows. */
    int BYTES = 4;

    /**
     * Packs up to 16 rows.
     *
     * @param rows the rows, one after another, and at least one word more
     * @param rowBytes bytes of a row, an even number
     * @param present how many rows there are, 1 … 16
     * @param units units of the tile, each of them one block of every row
     * @param tile receives the tile; zero in the lanes of rows that are not there
     */
    void pack(int[] rows, int rowBytes, int present, int units, int[] tile);

    /** Four bytes at an even offset. */
    static int word(int[] from, int at) {
        int i = at >> 2;
        return (at & 2) == 0 ? from[i] : (from[i] >>> 16) | (from[i + 1] << 16);
    }

    /** Spreads consecutive words from an even offset over a row's lane. */
    static void words(int[] from, int at, int count, int[] tile, int lane) {
        int i = at >> 2;
        if ((at & 2) == 0) {
            for (int j = 0; j < count; j++) {
                tile[lane + WORD * j] = from[i + j];
            }
            return;
        }
        int low = from[i];
        for (int j = 0; j < count; j++) {
            int high = from[i + j + 1];
            tile[lane + WORD * j] = (low >>> 16) | (high << 16);
            low = high;
        }
    }

    /** Two bytes at an even offset, zero-extended. */
    static int half(int[] from, int at) {
        return (from[at >> 2] >>> (8 * (at & 2))) & 0xffff;
    }

    /** One byte, zero-extended. */
    static int one(int[] from, int at) {
        return (from[at >> 2] >>> (8 * (at & 3))) & 0xff;
    }

    /** Sets the f16 of a row, whose half was zero, in a group of 16. */
    static void putHalf(int[] tile, int group, int row, int value) {
        tile[group + (row >> 1)] |= value << (16 * (row & 1));
    }

    /** Sets the byte of a row, which was zero, in a group of 16. */
    static void putByte(int[] tile, int group, int row, int value) {
        tile[group + (row >> 2)] |= value << (8 * (row & 3));
    }
}
