package dev.sluice.backend.tiles;

import dev.sluice.error.SluiceException;
import dev.sluice.tensor.DType;
import dev.sluice.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/** How a device wants its weight matrices: tiles of 16 rows in each case, and different within ({@code docs/weight-layout.md}). */
public enum WeightLayout {
    /** 16 rows are interleaved: {@link RowTiles}. For vector registers whose lanes are rows. */
    TILES {
        @Override
        public long tileBytes(DType type, long cols) {
            return RowTiles.tileBytes(type, cols);
        }

        @Override
        public void pack(Tensor tensor, MemorySegment target, long firstTile, long lastTile) {
            TilePackers.pack(tensor, target, firstTile, lastTile);
        }
    },
    /** Each row lies in one piece, scales apart: {@link RowPlanes}. For work-items that share a row. */
    PLANES {
        @Override
        public long tileBytes(DType type, long cols) {
            return RowPlanes.tileBytes(type, cols);
        }

        @Override
        public void pack(Tensor tensor, MemorySegment target, long firstTile, long lastTile) {
            RowPlanes.pack(tensor, target, firstTile, lastTile);
        }
    },
    /** As {@link #PLANES}, transposed: the same columns of 16 rows lie side by side: {@link RowColumns}. For a work-item a row. */
    COLUMNS {
        @Override
        public long tileBytes(DType type, long cols) {
            return RowColumns.tileBytes(type, cols);
        }

        @Override
        public void pack(Tensor tensor, MemorySegment target, long firstTile, long lastTile) {
            RowColumns.pack(tensor, target, firstTile, lastTile);
        }
    };

    /**
     * Bytes of one tile.
     *
     * @throws SluiceException if the format cannot be packed
     * @throws IllegalArgumentException if {@code cols} is not a multiple of the format's block
     */
    public abstract long tileBytes(DType type, long cols);

    /**
     * Packs the tiles {@code firstTile} (inclusive) to {@code lastTile} (exclusive) of a matrix.
     *
     * @param target where the first of these tiles begins; at least their bytes
     * @throws SluiceException if the format cannot be packed
     * @throws IndexOutOfBoundsException if there are no such tiles or the target is too small
     */
    public abstract void pack(Tensor tensor, MemorySegment target, long firstTile, long lastTile);

    /** Bytes of a packed matrix. */
    public final long bytes(DType type, long cols, long rows) {
        return Math.multiplyExact(tileBytes(type, cols), RowTiles.tiles(rows));
    }
}
