package dev.sluice.backend.tiles;

/**
 * The K formats: blocks of 256 columns, eight groups of 32, with small scales of their own under one or two f16.
 *
 * <p>Q4_K: d, dmin, 12 bytes of 6-bit scales and minima, 128 bytes of quants of which each 32 hold one group in their low
 * and the next in their high halves. Q5_K puts 32 bytes before the quants: bit g of byte c is the fifth bit of column c
 * in group g. Q6_K: 128 bytes of low halves, 64 of upper bit pairs, 16 signed scales, d; in each half of 128 columns,
 * group r has its low bits in bytes 32 (r mod 2) … as low (r &lt; 2) or high halves, and its upper bits at 2r.
 */
final class SuperBlockPackers {
    private static final int Q6K_UNIT = RowPacker.HALVES + 8 * (2 * RowPacker.BYTES + 6 * RowPacker.WORD);

    private SuperBlockPackers() {}

    static void q4k(int[] rows, int rowBytes, int present, int units, int[] tile) {
        scalesAndMinima(rows, rowBytes, present, units, tile, false);
    }

    static void q5k(int[] rows, int rowBytes, int present, int units, int[] tile) {
        scalesAndMinima(rows, rowBytes, present, units, tile, true);
    }

    private static void scalesAndMinima(int[] rows, int rowBytes, int present, int units, int[] tile, boolean fifth) {
        int blockBytes = fifth ? 176 : 144;
        int groupWords = 2 * RowPacker.BYTES + (fifth ? 5 : 4) * RowPacker.WORD;
        int unitWords = 2 * RowPacker.HALVES + 8 * groupWords;
        for (int u = 0; u < units; u++) {
            int unit = unitWords * u;
            for (int r = 0; r < present; r++) {
                int block = rowBytes * r + blockBytes * u;
                RowPacker.putHalf(tile, unit, r, RowPacker.half(rows, block));
                RowPacker.putHalf(tile, unit + RowPacker.HALVES, r, RowPacker.half(rows, block + 2));
                int quants = block + blockBytes - 128;
                for (int g = 0; g < 8; g++) {
                    int group = unit + 2 * RowPacker.HALVES + groupWords * g;
                    RowPacker.putByte(tile, group, r, scale(rows, block + 4, g));
                    RowPacker.putByte(tile, group + RowPacker.BYTES, r, minimum(rows, block + 4, g));
                    int lane = group + 2 * RowPacker.BYTES + r;
                    words(rows, quants + 32 * (g / 2), 4 * (g % 2), tile, lane);
                    if (fifth) {
                        tile[lane + 4 * RowPacker.WORD] = fifthBits(rows, block + 16, g);
                    }
                }
            }
        }
    }

    private static int fifthBits(int[] rows, int field, int g) {
        int high = 0;
        for (int j = 0; j < 8; j++) {
            high |= ((RowPacker.word(rows, field + 4 * j) >>> g) & 0x01010101) << j;
        }
        return high;
    }

    static void q6k(int[] rows, int rowBytes, int present, int units, int[] tile) {
        for (int u = 0; u < units; u++) {
            int unit = Q6K_UNIT * u;
            for (int r = 0; r < present; r++) {
                int block = rowBytes * r + 210 * u;
                RowPacker.putHalf(tile, unit, r, RowPacker.half(rows, block + 208));
                for (int g = 0; g < 8; g++) {
                    int group = unit + RowPacker.HALVES + (2 * RowPacker.BYTES + 6 * RowPacker.WORD) * g;
                    RowPacker.putByte(tile, group, r, RowPacker.one(rows, block + 192 + 2 * g));
                    RowPacker.putByte(tile, group + RowPacker.BYTES, r, RowPacker.one(rows, block + 193 + 2 * g));
                    int half = g / 4;
                    int q = g % 4;
                    int lane = group + 2 * RowPacker.BYTES + r;
                    words(rows, block + 64 * half + 32 * (q % 2), 4 * (q / 2), tile, lane);
                    for (int w = 0; w < 2; w++) {
                        tile[lane + RowPacker.WORD * (4 + w)] =
                                upperPairs(rows, block + 128 + 32 * half + 16 * w, 2 * q);
                    }
                }
            }
        }
    }

    private static int upperPairs(int[] rows, int field, int shift) {
        int high = 0;
        for (int j = 0; j < 4; j++) {
            high |= ((RowPacker.word(rows, field + 4 * j) >>> shift) & 0x03030303) << (2 * j);
        }
        return high;
    }

    /** The four words of a group whose quants are the halves at {@code shift} of 32 bytes. */
    private static void words(int[] rows, int quants, int shift, int[] tile, int lane) {
        for (int j = 0; j < 4; j++) {
            int first = RowPacker.word(rows, quants + 8 * j) >>> shift;
            int second = RowPacker.word(rows, quants + 8 * j + 4) >>> shift;
            tile[lane + RowPacker.WORD * j] = NibblePackers.lowHalves(first, second);
        }
    }

    /** The 6-bit scale of group g: the first four lie in bytes 0–3, the others in the halves of 8–11 and tops of 0–3. */
    private static int scale(int[] rows, int field, int g) {
        if (g < 4) {
            return RowPacker.one(rows, field + g) & 63;
        }
        int low = RowPacker.one(rows, field + g + 4) & 0xf;
        return low | ((RowPacker.one(rows, field + g - 4) >>> 6) << 4);
    }

    /** The 6-bit minimum of group g, in bytes 4–7 and the rest of the others. */
    private static int minimum(int[] rows, int field, int g) {
        if (g < 4) {
            return RowPacker.one(rows, field + g + 4) & 63;
        }
        int low = RowPacker.one(rows, field + g + 4) >>> 4;
        return low | ((RowPacker.one(rows, field + g) >>> 6) << 4);
    }
}
