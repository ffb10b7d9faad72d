package dev.sluice.backend.tiles;

import dev.sluice.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/**
 * A faster way to do what {@link RowTiles#pack} does, for some matrices: a service, as it may be machine code, which only a backend
 * knows how to make. Thread-safe.
 */
public interface TilePacker {
    /**
     * Packs the tiles {@code firstTile} (inclusive) to {@code lastTile} (exclusive), all of whose rows are there.
     *
     * @param target where the first of these tiles begins; at least their bytes
     * @return false if this is not for such a matrix, or not for such memory: nothing was done then
     */
    boolean pack(Tensor tensor, MemorySegment target, long firstTile, long lastTile);
}
