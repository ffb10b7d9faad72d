package dev.sluice.backend.tiles;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Spreads one row of a GGUF matrix over its lane of a tile. */
interface RowPacker {
    ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;

    /** The low four bits of each of four bytes. */
    int NIBBLES = 0x0f0f0f0f;

    /** Bytes of a word: one int32 for each of 16 rows. */
    int WORD = 64;

    /** Bytes of one f16 for each of 16 rows. */
    int HALVES = 32;

    /**
     * Packs a row.
     *
     * @param source the tensor's data
     * @param from offset of the row's first block
     * @param units units of the tile, each of them one block of the row
     * @param target the tiles
     * @param to offset of the tile
     * @param row lane within the tile, 0 … 15
     */
    void pack(MemorySegment source, long from, int units, MemorySegment target, long to, int row);
}
