package dev.sluice.backend.tiles;

import dev.sluice.tensor.DType;
import dev.sluice.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Packs weight matrices into planes: a tile of 16 rows holds first the low bits of all its rows, 16 bytes of a row in one piece,
 * then what else a format has in planes of its own, each in pieces that belong to some columns of one row. {@link RowPlanes} has
 * the pieces of a row one after another, {@link RowColumns} those of 16 rows.
 */
final class Planes {
    private static final ValueLayout.OfInt WORD = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** Bytes that are interleaved before they are separated: few calls, and small beside a cache. */
    private static final long PIECE = 1 << 18;

    /** Bytes of a piece of low bits, which begins at a multiple of that. */
    private static final int ALIGNMENT = 16;

    private static final int CHUNK_WORDS = ALIGNMENT / Integer.BYTES;

    /**
     * What a block of a format has: f16 numbers, then groups of 32 columns with small scales (bytes), words of low bits and
     * words of high bits. Row tiles have it for 16 rows in this order.
     */
    private record Block(int halves, int groups, int small, int low, int high) {
        int words() {
            return RowPacker.HALVES * halves + groups * groupWords();
        }

        int groupWords() {
            return RowPacker.BYTES * small + RowPacker.WORD * (low + high);
        }
    }

    /** What follows what within a plane. */
    enum Order {
        /** The pieces of a row. */
        ROW_BY_ROW,
        /** The pieces of 16 rows that are of the same columns. */
        COLUMN_BY_COLUMN;

        /** The place of a row's i-th piece, of {@code count}. */
        int place(int row, int i, int count) {
            return this == ROW_BY_ROW ? row * count + i : i * RowTiles.ROWS + row;
        }
    }

    private Planes() {}

    /** See {@link WeightLayout#tileBytes}; a multiple of 16. */
    static long tileBytes(DType type, long cols) {
        long interleaved = RowTiles.tileBytes(type, cols);
        return block(type) != null ? interleaved : RowTiles.ROWS * paddedRow(type, cols);
    }

    /** Bytes of a row of a format without blocks, padded. */
    private static long paddedRow(DType type, long cols) {
        return (type.bytes(cols) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }

    private static @Nullable Block block(DType type) {
        return switch (type) {
            case Q8_0 -> new Block(1, 1, 0, 8, 0);
            case Q4_0 -> new Block(1, 1, 0, 4, 0);
            case Q4_1 -> new Block(2, 1, 0, 4, 0);
            case Q5_0 -> new Block(1, 1, 0, 4, 1);
            case Q5_1 -> new Block(2, 1, 0, 4, 1);
            case Q4_K -> new Block(2, 8, 2, 4, 0);
            case Q5_K -> new Block(2, 8, 2, 4, 1);
            case Q6_K -> new Block(1, 8, 2, 4, 2);
            default -> null;
        };
    }

    /** See {@link WeightLayout#pack}. Ranges may be packed by several threads at once. */
    static void pack(Tensor tensor, MemorySegment target, long firstTile, long lastTile, Order order) {
        long tileBytes = tileBytes(tensor.type(), tensor.shape().cols());
        Objects.checkFromToIndex(
                firstTile, lastTile, RowTiles.tiles(tensor.shape().rows()));
        Objects.checkFromIndexSize(0, tileBytes * (lastTile - firstTile), target.byteSize());
        Block block = block(tensor.type());
        if (block == null) {
            copyRows(tensor, target, firstTile, lastTile, tileBytes, order);
        } else {
            separate(tensor, block, target, firstTile, lastTile, tileBytes, order);
        }
    }

    private static void copyRows(
            Tensor tensor, MemorySegment target, long firstTile, long lastTile, long tileBytes, Order order) {
        long rowBytes = tensor.type().bytes(tensor.shape().cols());
        int pieces = Math.toIntExact(tileBytes / RowTiles.ROWS / ALIGNMENT);
        int together = order == Order.ROW_BY_ROW ? pieces : 1;
        long last = Math.min(tensor.shape().rows(), lastTile * RowTiles.ROWS);
        target.asSlice(0, tileBytes * (lastTile - firstTile)).fill((byte) 0);
        for (long row = firstTile * RowTiles.ROWS; row < last; row++) {
            long tile = tileBytes * (row / RowTiles.ROWS - firstTile);
            for (int piece = 0; piece < pieces; piece += together) {
                long from = (long) ALIGNMENT * piece;
                long to = tile + (long) ALIGNMENT * order.place((int) (row % RowTiles.ROWS), piece, pieces);
                long bytes = Math.min((long) ALIGNMENT * together, rowBytes - from);
                MemorySegment.copy(tensor.data(), rowBytes * row + from, target, to, bytes);
            }
        }
    }

    private static void separate(
            Tensor tensor,
            Block block,
            MemorySegment target,
            long firstTile,
            long lastTile,
            long tileBytes,
            Order order) {
        int words = Math.toIntExact(tileBytes / Integer.BYTES);
        int atOnce = (int) Math.clamp(PIECE / tileBytes, 1, Math.max(1, lastTile - firstTile));
        MemorySegment interleaved = MemorySegment.ofArray(new int[Math.multiplyExact(words, atOnce)]);
        int[] tile = new int[words];
        int[] planes = new int[words];
        for (long t = firstTile; t < lastTile; t++) {
            long within = (t - firstTile) % atOnce;
            if (within == 0) {
                RowTiles.pack(tensor, interleaved, t, Math.min(lastTile, t + atOnce));
            }
            MemorySegment.copy(interleaved, WORD, within * tileBytes, tile, 0, words);
            Arrays.fill(planes, 0);
            separate(tile, block, planes, order);
            MemorySegment.copy(planes, 0, target, WORD, (t - firstTile) * tileBytes, words);
        }
    }

    /** From a row tile to planes of the same size. */
    private static void separate(int[] tile, Block block, int[] planes, Order order) {
        int units = tile.length / block.words();
        int parts = units * block.groups();
        int chunks = parts * block.low() / CHUNK_WORDS;
        int high = RowTiles.ROWS * parts * block.low();
        int small = high + RowTiles.ROWS * parts * block.high();
        int scales = small + RowPacker.BYTES * parts * block.small();
        for (int u = 0; u < units; u++) {
            int unit = u * block.words();
            for (int h = 0; h < block.halves(); h++) {
                for (int r = 0; r < RowTiles.ROWS; r++) {
                    int d = RowPacker.half(tile, Integer.BYTES * (unit + RowPacker.HALVES * h) + Short.BYTES * r);
                    RowPacker.putHalf(planes, scales, order.place(r, u, units) * block.halves() + h, d);
                }
            }
            for (int g = 0; g < block.groups(); g++) {
                int group = unit + RowPacker.HALVES * block.halves() + g * block.groupWords();
                int lanes = group + RowPacker.BYTES * block.small();
                for (int r = 0; r < RowTiles.ROWS; r++) {
                    int within = u * block.groups() + g;
                    int part = order.place(r, within, parts);
                    for (int s = 0; s < block.small(); s++) {
                        int scale = RowPacker.one(tile, Integer.BYTES * (group + RowPacker.BYTES * s) + r);
                        RowPacker.putByte(planes, small, part * block.small() + s, scale);
                    }
                    for (int j = 0; j < block.low(); j++) {
                        int word = within * block.low() + j;
                        int chunk = order.place(r, word / CHUNK_WORDS, chunks);
                        planes[CHUNK_WORDS * chunk + word % CHUNK_WORDS] = tile[lanes + RowPacker.WORD * j + r];
                    }
                    for (int j = 0; j < block.high(); j++) {
                        planes[high + part * block.high() + j] = tile[lanes + RowPacker.WORD * (block.low() + j) + r];
                    }
                }
            }
        }
    }
}
