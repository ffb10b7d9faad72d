package dev.sluice.backend.tiles;

import java.lang.foreign.MemorySegment;

/** Q8_0 (d, 32 × i8): the bytes keep their order. */
final class Q8Packer {
    private static final int BLOCK = 34;
    private static final int UNIT = RowPacker.HALVES + 8 * RowPacker.WORD;

    private Q8Packer() {}

    static void q8v0(MemorySegment source, long from, int units, MemorySegment target, long to, int row) {
        for (int u = 0; u < units; u++) {
            long block = from + (long) BLOCK * u;
            long unit = to + (long) UNIT * u;
            target.set(RowPacker.SHORT, unit + 2L * row, source.get(RowPacker.SHORT, block));
            long lane = unit + RowPacker.HALVES + 4L * row;
            for (int j = 0; j < 8; j++) {
                target.set(
                        RowPacker.INT, lane + (long) RowPacker.WORD * j, source.get(RowPacker.INT, block + 2 + 4L * j));
            }
        }
    }
}
