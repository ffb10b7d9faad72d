package dev.sluice.backend.tiles;

import java.lang.foreign.MemorySegment;

/**
 * The 32-column formats of four and five bits. In the file, byte j of the quants holds column j in its low and column 16
 * + j in its high half; Q5 adds a word whose bit c is the fifth bit of column c.
 */
final class NibblePackers {
    private NibblePackers() {}

    static void q4v0(MemorySegment source, long from, int units, MemorySegment target, long to, int row) {
        for (int u = 0; u < units; u++) {
            block(source, from + 18L * u, 1, false, target, to + 288L * u, row);
        }
    }

    static void q4v1(MemorySegment source, long from, int units, MemorySegment target, long to, int row) {
        for (int u = 0; u < units; u++) {
            block(source, from + 20L * u, 2, false, target, to + 320L * u, row);
        }
    }

    static void q5v0(MemorySegment source, long from, int units, MemorySegment target, long to, int row) {
        for (int u = 0; u < units; u++) {
            block(source, from + 22L * u, 1, true, target, to + 352L * u, row);
        }
    }

    static void q5v1(MemorySegment source, long from, int units, MemorySegment target, long to, int row) {
        for (int u = 0; u < units; u++) {
            block(source, from + 24L * u, 2, true, target, to + 384L * u, row);
        }
    }

    private static void block(
            MemorySegment source, long block, int halves, boolean fifth, MemorySegment target, long unit, int row) {
        for (int h = 0; h < halves; h++) {
            target.set(
                    RowPacker.SHORT,
                    unit + (long) RowPacker.HALVES * h + 2L * row,
                    source.get(RowPacker.SHORT, block + 2L * h));
        }
        long quants = block + 2L * halves + (fifth ? 4 : 0);
        long lane = unit + (long) RowPacker.HALVES * halves + 4L * row;
        int s0 = source.get(RowPacker.INT, quants);
        int s1 = source.get(RowPacker.INT, quants + 4);
        int s2 = source.get(RowPacker.INT, quants + 8);
        int s3 = source.get(RowPacker.INT, quants + 12);
        target.set(RowPacker.INT, lane, lowHalves(s0, s1));
        target.set(RowPacker.INT, lane + RowPacker.WORD, lowHalves(s2, s3));
        target.set(RowPacker.INT, lane + 2L * RowPacker.WORD, lowHalves(s0 >>> 4, s1 >>> 4));
        target.set(RowPacker.INT, lane + 3L * RowPacker.WORD, lowHalves(s2 >>> 4, s3 >>> 4));
        if (fifth) {
            int bits = source.get(RowPacker.INT, block + 2L * halves);
            target.set(RowPacker.INT, lane + 4L * RowPacker.WORD, spread(bits));
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
