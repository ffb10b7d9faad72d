package dev.sluice.backend.tiles;

import dev.sluice.error.SluiceException;
import dev.sluice.tensor.DType;
import dev.sluice.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/**
 * Packs weight matrices into row columns, the layout for devices whose work-items each have a row: {@link RowPlanes} with what
 * 16 rows have of the same columns side by side. A work-item reads 16 bytes of its row, its neighbour those of the next row,
 * which are the next 16. The layout is that of {@code docs/weight-layout.md}.
 */
public final class RowColumns {
    private RowColumns() {}

    /**
     * Bytes of one tile of 16 rows, a multiple of 16.
     *
     * @throws SluiceException if the format cannot be packed
     * @throws IllegalArgumentException if {@code cols} is not a multiple of the format's block
     */
    public static long tileBytes(DType type, long cols) {
        return Planes.tileBytes(type, cols);
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
        Planes.pack(tensor, target, firstTile, lastTile, Planes.Order.COLUMN_BY_COLUMN);
    }
}
