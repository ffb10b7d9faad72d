package dev.sluice.backend.tiles;

import dev.sluice.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Reads single weights out of tiles, written from the layout's description alone. */
final class TileReader {
    private final DType type;
    private final MemorySegment tiles;

    TileReader(DType type, MemorySegment tiles) {
        this.type = type;
        this.tiles = tiles;
    }

    float weight(long row, int col, int cols) {
        long tile = row / 16 * RowTiles.tileBytes(type, cols);
        long unit = tile + (long) (col / RowTiles.unitCols(type)) * RowTiles.unitBytes(type);
        int lane = (int) (row % 16);
        int c = col % 32;
        return switch (type) {
            case F32 -> tiles.get(ValueLayout.JAVA_FLOAT_UNALIGNED, unit + 4L * lane);
            case F16 -> half(unit, lane);
            case BF16 -> Float.intBitsToFloat(tiles.get(ValueLayout.JAVA_SHORT_UNALIGNED, unit + 2L * lane) << 16);
            case Q8_0 -> half(unit, lane) * (byte) (word(unit + 32, c / 4, lane) >> (8 * (c % 4)));
            case Q4_0 -> half(unit, lane) * (four(unit + 32, c, lane) - 8);
            case Q4_1 -> half(unit, lane) * four(unit + 64, c, lane) + half(unit + 32, lane);
            case Q5_0 -> half(unit, lane) * (four(unit + 32, c, lane) + 16 * fifth(unit + 288, c, lane) - 16);
            case Q5_1 -> {
                int q = four(unit + 64, c, lane) + 16 * fifth(unit + 320, c, lane);
                yield half(unit, lane) * q + half(unit + 32, lane);
            }
            case Q4_K -> superBlock(unit, unit + 64 + (col % 256) / 32 * 288L, c, lane, false);
            case Q5_K -> superBlock(unit, unit + 64 + (col % 256) / 32 * 352L, c, lane, true);
            case Q6_K -> {
                long group = unit + 32 + (col % 256) / 32 * 416L;
                byte scale = tiles.get(ValueLayout.JAVA_BYTE, group + 16L * (c / 16) + lane);
                int g = (c % 16) / 4;
                int upper = word(group + 32 + 256, c / 16, lane) >> (8 * (c % 4) + 2 * g) & 3;
                yield half(unit, lane) * scale * (four(group + 32, c, lane) + 16 * upper - 32);
            }
            default -> throw new AssertionError(type);
        };
    }

    private float superBlock(long unit, long group, int c, int lane, boolean high) {
        int sc = tiles.get(ValueLayout.JAVA_BYTE, group + lane);
        int mn = tiles.get(ValueLayout.JAVA_BYTE, group + 16 + lane);
        int q = four(group + 32, c, lane) + (high ? 16 * fifth(group + 32 + 256, c, lane) : 0);
        return half(unit, lane) * sc * q - half(unit + 32, lane) * mn;
    }

    private float half(long at, int lane) {
        return Float.float16ToFloat(tiles.get(ValueLayout.JAVA_SHORT_UNALIGNED, at + 2L * lane));
    }

    private int word(long at, int index, int lane) {
        return tiles.get(ValueLayout.JAVA_INT_UNALIGNED, at + 64L * index + 4L * lane);
    }

    private int four(long words, int c, int lane) {
        int within = c % 8;
        int shift = 8 * (within % 4) + (within < 4 ? 0 : 4);
        return word(words, c / 8, lane) >> shift & 15;
    }

    private int fifth(long words, int c, int lane) {
        return word(words, 0, lane) >> (8 * (c % 4) + c / 4) & 1;
    }
}
