package dev.sluice.backend.tiles;

import dev.sluice.error.SluiceException;
import dev.sluice.tensor.DType;
import dev.sluice.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Packs weight matrices into row tiles: 16 rows interleaved, the format's bits kept. The layout is that of {@code
 * docs/weight-layout.md}; tile t holds rows 16 t … 16 t + 15 and follows tile t − 1 at once.
 */
public final class RowTiles {
    /** Rows of one tile. */
    public static final int ROWS = 16;

    private static final ValueLayout.OfInt WORD = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort HALF = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private RowTiles() {}

    /** Whether matrices of this format can be packed. */
    public static boolean supports(DType type) {
        return packer(type) != null;
    }

    /** Columns of one unit of a tile, which is the format's block. */
    public static int unitCols(DType type) {
        unitBytes(type);
        return type.blockSize();
    }

    /**
     * Bytes of one unit of a tile.
     *
     * @throws SluiceException if the format cannot be packed
     */
    public static int unitBytes(DType type) {
        return switch (type) {
            case F32 -> 64;
            case F16, BF16 -> 32;
            case Q8_0 -> 544;
            case Q4_0 -> 288;
            case Q4_1 -> 320;
            case Q5_0 -> 352;
            case Q5_1 -> 384;
            case Q4_K -> 2368;
            case Q5_K -> 2880;
            case Q6_K -> 3360;
            default ->
                throw new SluiceException(
                        "weights of the format " + type + " cannot be computed: convert the model to another format");
        };
    }

    /** Tiles of a matrix with this many rows; the last may be partly empty. */
    public static long tiles(long rows) {
        return Math.ceilDiv(rows, (long) ROWS);
    }

    /**
     * Bytes of one tile.
     *
     * @throws IllegalArgumentException if {@code cols} is not a multiple of the format's block
     */
    public static long tileBytes(DType type, long cols) {
        if (cols <= 0 || cols % unitCols(type) != 0) {
            throw new IllegalArgumentException(
                    cols + " columns are no multiple of the " + type + " block of " + unitCols(type));
        }
        return Math.multiplyExact(cols / unitCols(type), (long) unitBytes(type));
    }

    /**
     * Bytes of a packed matrix.
     *
     * @throws SluiceException if the format cannot be packed
     * @throws IllegalArgumentException if {@code cols} is not a multiple of the format's block
     */
    public static long bytes(DType type, long cols, long rows) {
        return Math.multiplyExact(tileBytes(type, cols), tiles(rows));
    }

    /**
     * Packs the tiles {@code firstTile} (inclusive) to {@code lastTile} (exclusive) of a matrix. Ranges may be packed by
     * several threads at once.
     *
     * @param target where the first of these tiles begins; at least their bytes
     * @throws SluiceException if the format cannot be packed
     * @throws IndexOutOfBoundsException if there are no such tiles or the target is too small
     */
    public static void pack(Tensor tensor, MemorySegment target, long firstTile, long lastTile) {
        DType type = tensor.type();
        long cols = tensor.shape().cols();
        long rows = tensor.shape().rows();
        long tileBytes = tileBytes(type, cols);
        Objects.checkFromToIndex(firstTile, lastTile, tiles(rows));
        Objects.checkFromIndexSize(0, tileBytes * (lastTile - firstTile), target.byteSize());
        RowPacker packer = Objects.requireNonNull(packer(type));
        int units = Math.toIntExact(cols / unitCols(type));
        int rowBytes = Math.toIntExact(type.bytes(cols));
        int[] raw = new int[Math.toIntExact((long) ROWS * rowBytes / Integer.BYTES + 1)];
        int[] packed = new int[Math.toIntExact(tileBytes / Integer.BYTES)];
        for (long tile = firstTile; tile < lastTile; tile++) {
            int present = (int) Math.min(ROWS, rows - tile * ROWS);
            read(tensor.data(), tile * ROWS * rowBytes, (long) present * rowBytes, raw);
            Arrays.fill(packed, 0);
            packer.pack(raw, rowBytes, present, units, packed);
            MemorySegment.copy(packed, 0, target, WORD, (tile - firstTile) * tileBytes, packed.length);
        }
    }

    private static void read(MemorySegment data, long from, long bytes, int[] words) {
        int whole = (int) (bytes / Integer.BYTES);
        MemorySegment.copy(data, WORD, from, words, 0, whole);
        if (bytes % Integer.BYTES != 0) {
            words[whole] = data.get(HALF, from + (long) whole * Integer.BYTES) & 0xffff;
        }
    }

    private static @Nullable RowPacker packer(DType type) {
        return switch (type) {
            case F32 -> PlainPackers::f32;
            case F16, BF16 -> PlainPackers::f16;
            case Q8_0 -> Q8Packer::q8v0;
            case Q4_0 -> NibblePackers::q4v0;
            case Q4_1 -> NibblePackers::q4v1;
            case Q5_0 -> NibblePackers::q5v0;
            case Q5_1 -> NibblePackers::q5v1;
            case Q4_K -> SuperBlockPackers::q4k;
            case Q5_K -> SuperBlockPackers::q5k;
            case Q6_K -> SuperBlockPackers::q6k;
            default -> null;
        };
    }
}
