package dev.sluice.backend.tiles;

import java.lang.foreign.MemorySegment;

/** Formats without blocks: one number per column, a transposition. */
final class PlainPackers {
    private PlainPackers() {}

    static void f32(MemorySegment source, long from, int units, MemorySegment target, long to, int row) {
        long lane = to + 4L * row;
        for (int u = 0; u < units; u++) {
            target.set(RowPacker.INT, lane + 64L * u, source.get(RowPacker.INT, from + 4L * u));
        }
    }

    static void f16(MemorySegment source, long from, int units, MemorySegment target, long to, int row) {
        long lane = to + 2L * row;
        for (int u = 0; u < units; u++) {
            target.set(RowPacker.SHORT, lane + 32L * u, source.get(RowPacker.SHORT, from + 2L * u));
        }
    }
}
