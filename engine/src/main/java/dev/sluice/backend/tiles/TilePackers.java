package dev.sluice.backend.tiles;

import dev.sluice.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Objects;
import java.util.ServiceLoader;

/** Row tiles by the fastest packer that there is for a matrix. A start packs all weights before Java's own code for it is compiled. */
final class TilePackers {
    private static final List<TilePacker> ALL =
            ServiceLoader.load(TilePacker.class, TilePackers.class.getClassLoader()).stream()
                    .map(ServiceLoader.Provider::get)
                    .toList();

    private TilePackers() {}

    /** As {@link RowTiles#pack}. */
    static void pack(Tensor tensor, MemorySegment target, long firstTile, long lastTile) {
        long whole = Math.min(lastTile, tensor.shape().rows() / RowTiles.ROWS);
        long left = firstTile;
        if (whole > firstTile) {
            long bytes = RowTiles.tileBytes(tensor.type(), tensor.shape().cols()) * (whole - firstTile);
            Objects.checkFromIndexSize(0, bytes, target.byteSize());
            for (int i = 0; i < ALL.size() && left == firstTile; i++) {
                left = ALL.get(i).pack(tensor, target, firstTile, whole) ? whole : firstTile;
            }
        }
        if (left < lastTile) {
            long done = RowTiles.tileBytes(tensor.type(), tensor.shape().cols()) * (left - firstTile);
            RowTiles.pack(tensor, target.asSlice(done), left, lastTile);
        }
    }
}
