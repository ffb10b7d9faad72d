package dev.sluice.backend.tiles;

import dev.sluice.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Reads single weights out of row planes, written from the layout's description alone. */
final class PlaneReader {
    private final DType type;
    private final MemorySegment tiles;
    private final int cols;
    private final int parts;

    PlaneReader(DType type, MemorySegment tiles, int cols) {
        this.type = type;
        this.tiles = tiles;
        this.cols = cols;
        parts = cols / 32;
    }

    float weight(long row, int col) {
        long tile = row / 16 * RowPlanes.tileBytes(type, cols);
        int r = (int) (row % 16);
        int part = r * parts + col / 32;
        int c = col % 32;
        return switch (type) {
            case F32 -> tiles.get(ValueLayout.JAVA_FLOAT_UNALIGNED, tile + (long) padded(4) * r + 4L * col);
            case F16 -> half(tile + (long) padded(2) * r + 2L * col);
            case BF16 -> {
                short bits = tiles.get(ValueLayout.JAVA_SHORT_UNALIGNED, tile + (long) padded(2) * r + 2L * col);
                yield Float.intBitsToFloat(bits << 16);
            }
            case Q8_0 ->
                half(tile + 512L * parts + 2L * part) * tiles.get(ValueLayout.JAVA_BYTE, tile + 32L * part + c);
            case Q4_0 -> half(tile + 256L * parts + 2L * part) * (four(tile, part, c) - 8);
            case Q4_1 -> {
                long d = tile + 256L * parts + 4L * part;
                yield half(d) * four(tile, part, c) + half(d + 2);
            }
            case Q5_0 -> half(tile + 320L * parts + 2L * part) * (five(tile, part, c) - 16);
            case Q5_1 -> {
                long d = tile + 320L * parts + 4L * part;
                yield half(d) * five(tile, part, c) + half(d + 2);
            }
            case Q4_K -> superBlock(tile + 256L * parts, r, col, four(tile, part, c));
            case Q5_K -> superBlock(tile + 320L * parts, r, col, five(tile, part, c));
            case Q6_K -> {
                int upper = tiles.get(ValueLayout.JAVA_INT_UNALIGNED, tile + 256L * parts + 8L * part + 4L * (c / 16));
                int q = four(tile, part, c) + 16 * (upper >> (8 * (c % 4) + 2 * (c % 16 / 4)) & 3);
                byte scale = tiles.get(ValueLayout.JAVA_BYTE, tile + 384L * parts + 2L * part + c / 16);
                yield half(tile + 416L * parts + 2L * (r * cols / 256 + col / 256)) * scale * (q - 32);
            }
            default -> throw new AssertionError(type);
        };
    }

    private int padded(int bytes) {
        return (bytes * cols + 15) / 16 * 16;
    }

    private float superBlock(long small, int r, int col, int q) {
        long scales = small + 2L * (r * parts + col / 32);
        long d = small + 32L * parts + 4L * (r * cols / 256 + col / 256);
        int sc = tiles.get(ValueLayout.JAVA_BYTE, scales);
        int mn = tiles.get(ValueLayout.JAVA_BYTE, scales + 1);
        return half(d) * sc * q - half(d + 2) * mn;
    }

    private float half(long at) {
        return Float.float16ToFloat(tiles.get(ValueLayout.JAVA_SHORT_UNALIGNED, at));
    }

    private int four(long tile, int part, int c) {
        int word = tiles.get(ValueLayout.JAVA_INT_UNALIGNED, tile + 16L * part + 4L * (c / 8));
        return word >> (8 * (c % 4) + (c % 8 < 4 ? 0 : 4)) & 15;
    }

    private int five(long tile, int part, int c) {
        int high = tiles.get(ValueLayout.JAVA_INT_UNALIGNED, tile + 256L * parts + 4L * part);
        return four(tile, part, c) + 16 * (high >> (8 * (c % 4) + c / 4) & 1);
    }
}
