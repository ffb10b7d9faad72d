package dev.sluice.backend.tiles;

import dev.sluice.error.SluiceException;
import dev.sluice.tensor.DType;
import dev.sluice.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/**
 * Packs weight matrices into row planes, the layout for devices whose work-items share a row: a tile of 16 rows holds
 * first the low bits of all its rows, each row's in one piece, then what else a format has in planes of its own. A
 * work-item reads 16 bytes, its neighbour the next 16. The layout is that of {@code docs/weight-layout.md}.
 */
public final class RowPlanes {
    private RowPlanes() {}

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
        Planes.pack(tensor, target, firstTile, lastTile, Planes.Order.ROW_BY_ROW);
    }
}
