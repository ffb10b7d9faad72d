package dev.sluice.backend.tiles;

/**
 * The 32-column formats of four and five bits. In the file, byte j of the quants holds column j in its low and column 16
 * + j in its high half; Q5 adds a word whose bit c is the fifth bit of column c.
 */
final class NibblePackers {
    private NibblePackers() {}

    static void q4v0(int[] rows, int rowBytes, int present, int units, int[] tile) {
        pack(rows, rowBytes, present, units, tile, 1, false);
    }

    static void q4v1(int[] rows, int rowBytes, int present, int units, int[] tile) {
        pack(rows, rowBytes, present, units, tile, 2, false);
    }

    static void q5v0(int[] rows, int rowBytes, int present, int units, int[] tile) {
        pack(rows, rowBytes, present, units, tile, 1, true);
    }

    static void q5v1(int[] rows, int rowBytes, int present, int units, int[] tile) {
        pack(rows, rowBytes, present, units, tile, 2, true);
    }

    /** @param halves f16 numbers before the quants: d, or d and m */
    private static void pack(int[] rows, int rowBytes, int present, int units, int[] tile, int halves, boolean fifth) {
        int words = fifth ? 5 : 4;
        int blockBytes = 2 * halves + 4 * words;
        int unitWords = RowPacker.HALVES * halves + RowPacker.WORD * words;
        for (int u = 0; u < units; u++) {
            int unit = unitWords * u;
            for (int r = 0; r < present; r++) {
                int block = rowBytes * r + blockBytes * u;
                for (int h = 0; h < halves; h++) {
                    RowPacker.putHalf(tile, unit + RowPacker.HALVES * h, r, RowPacker.half(rows, block + 2 * h));
                }
                int quants = block + blockBytes - 16;
                int lane = unit + RowPacker.HALVES * halves + r;
                int s0 = RowPacker.word(rows, quants);
                int s1 = RowPacker.word(rows, quants + 4);
                int s2 = RowPacker.word(rows, quants + 8);
                int s3 = RowPacker.word(rows, quants + 12);
                tile[lane] = lowHalves(s0, s1);
                tile[lane + RowPacker.WORD] = lowHalves(s2, s3);
                tile[lane + 2 * RowPacker.WORD] = lowHalves(s0 >>> 4, s1 >>> 4);
                tile[lane + 3 * RowPacker.WORD] = lowHalves(s2 >>> 4, s3 >>> 4);
                if (fifth) {
                    tile[lane + 4 * RowPacker.WORD] = spread(RowPacker.word(rows, block + 2 * halves));
                }
            }
        }
    }

    /** A word of eight columns from the low halves of two times four bytes. */
    static int lowHalves(int first, int second) {
        return (first & RowPacker.NIBBLES) | ((second & RowPacker.NIBBLES) << 4);
    }

    /** Brings bit 4g + b to 8b + g. The product with 1 + 2⁷ + 2¹⁴ + 2²¹ moves bit b of four to 8b, without carries. */
    private static int spread(int bits) {
        int word = 0;
        for (int g = 0; g < 8; g++) {
            int four = (bits >>> (4 * g)) & 0xf;
            word |= ((four * 0x00204081) & 0x01010101) << g;
        }
        return word;
    }
}
