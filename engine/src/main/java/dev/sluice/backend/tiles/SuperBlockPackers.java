package dev.sluice.backend.tiles;

import java.lang.foreign.MemorySegment;

/**
 * The K formats: blocks of 256 columns, eight groups of 32, with small scales of their own under one or two f16.
 *
 * <p>Q4_K: d, dmin, 12 bytes of 6-bit scales and minima, 128 bytes of quants of which each 32 hold one group in their low
 * and the next in their high halves. Q5_K puts 32 bytes before the quants: bit g of byte c is the fifth bit of column c
 * in group g. Q6_K: 128 bytes of low halves, 64 of upper bit pairs, 16 signed scales, d; in each half of 128 columns,
 * group r has its low bits in bytes 32 (r mod 2) … as low (r &lt; 2) or high halves, and its upper bits at 2r.
 */
final class SuperBlockPackers {
    private static final int SMALL = 16; // one byte for each of 16 rows

    private SuperBlockPackers() {}

    static void q4k(MemorySegment source, long from, int units, MemorySegment target, long to, int row) {
        for (int u = 0; u < units; u++) {
            long block = from + 144L * u;
            scalesAndMinima(source, block, false, target, to + 2368L * u, row);
        }
    }

    static void q5k(MemorySegment source, long from, int units, MemorySegment target, long to, int row) {
        for (int u = 0; u < units; u++) {
            long block = from + 176L * u;
            scalesAndMinima(source, block, true, target, to + 2880L * u, row);
        }
    }

    private static void scalesAndMinima(
            MemorySegment source, long block, boolean fifth, MemorySegment target, long unit, int row) {
        target.set(RowPacker.SHORT, unit + 2L * row, source.get(RowPacker.SHORT, block));
        target.set(RowPacker.SHORT, unit + RowPacker.HALVES + 2L * row, source.get(RowPacker.SHORT, block + 2));
        int group = 2 * SMALL + (fifth ? 5 : 4) * RowPacker.WORD;
        long quants = block + 16 + (fifth ? 32 : 0);
        for (int g = 0; g < 8; g++) {
            long at = unit + 2L * RowPacker.HALVES + (long) group * g;
            target.set(RowPacker.BYTE, at + row, (byte) scale(source, block + 4, g));
            target.set(RowPacker.BYTE, at + SMALL + row, (byte) minimum(source, block + 4, g));
            long lane = at + 2 * SMALL + 4L * row;
            words(source, quants + 32L * (g / 2), 4 * (g % 2), target, lane);
            if (fifth) {
                int high = 0;
                for (int j = 0; j < 8; j++) {
                    high |= ((source.get(RowPacker.INT, block + 16 + 4L * j) >>> g) & 0x01010101) << j;
                }
                target.set(RowPacker.INT, lane + 4L * RowPacker.WORD, high);
            }
        }
    }

    static void q6k(MemorySegment source, long from, int units, MemorySegment target, long to, int row) {
        for (int u = 0; u < units; u++) {
            long block = from + 210L * u;
            long unit = to + 3360L * u;
            target.set(RowPacker.SHORT, unit + 2L * row, source.get(RowPacker.SHORT, block + 208));
            for (int g = 0; g < 8; g++) {
                int half = g / 4;
                int r = g % 4;
                long at = unit + RowPacker.HALVES + (long) (2 * SMALL + 6 * RowPacker.WORD) * g;
                target.set(RowPacker.BYTE, at + row, source.get(RowPacker.BYTE, block + 192 + 2L * g));
                target.set(RowPacker.BYTE, at + SMALL + row, source.get(RowPacker.BYTE, block + 193 + 2L * g));
                long lane = at + 2 * SMALL + 4L * row;
                words(source, block + 64L * half + 32L * (r % 2), 4 * (r / 2), target, lane);
                for (int w = 0; w < 2; w++) {
                    int high = 0;
                    for (int j = 0; j < 4; j++) {
                        int pairs = source.get(RowPacker.INT, block + 128 + 32L * half + 16L * w + 4L * j);
                        high |= ((pairs >>> (2 * r)) & 0x03030303) << (2 * j);
                    }
                    target.set(RowPacker.INT, lane + (long) RowPacker.WORD * (4 + w), high);
                }
            }
        }
    }

    /** The four words of a group whose quants are the halves at {@code shift} of 32 bytes. */
    private static void words(MemorySegment source, long quants, int shift, MemorySegment target, long lane) {
        for (int j = 0; j < 4; j++) {
            int first = source.get(RowPacker.INT, quants + 8L * j) >>> shift;
            int second = source.get(RowPacker.INT, quants + 8L * j + 4) >>> shift;
            target.set(RowPacker.INT, lane + (long) RowPacker.WORD * j, NibblePackers.lowHalves(first, second));
        }
    }

    /** The 6-bit scale of group g: the first four lie in bytes 0–3, the others in the halves of 8–11 and tops of 0–3. */
    private static int scale(MemorySegment source, long field, int g) {
        if (g < 4) {
            return source.get(RowPacker.BYTE, field + g) & 63;
        }
        int low = source.get(RowPacker.BYTE, field + g + 4) & 0xf;
        return low | (((source.get(RowPacker.BYTE, field + g - 4) & 0xff) >>> 6) << 4);
    }

    /** The 6-bit minimum of group g, in bytes 4–7 and the rest of the others. */
    private static int minimum(MemorySegment source, long field, int g) {
        if (g < 4) {
            return source.get(RowPacker.BYTE, field + g + 4) & 63;
        }
        int low = (source.get(RowPacker.BYTE, field + g + 4) & 0xff) >>> 4;
        return low | (((source.get(RowPacker.BYTE, field + g) & 0xff) >>> 6) << 4);
    }
}
