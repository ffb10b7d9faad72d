package dev.sluice.backend.opencl;

import dev.sluice.backend.tiles.RowTiles;
import dev.sluice.backend.tiles.WeightLayout;
import dev.sluice.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Cuts matrices that are larger than the largest buffer of a device into runs of whole tiles. A piece is a tensor like any
 * other: it is resident once however many layers use it, and a product launches once for each.
 */
final class Pieces {
    private final WeightLayout layout;
    private final long mostBytes;

    /** @param mostBytes of a buffer */
    Pieces(WeightLayout layout, long mostBytes) {
        this.layout = layout;
        this.mostBytes = mostBytes;
    }

    /** The matrix itself, or its rows in order. A single tile that is too large is left whole, to be refused by name. */
    List<Tensor> of(Tensor matrix) {
        long rows = matrix.shape().rows();
        long tiles = mostBytes / layout.tileBytes(matrix.type(), matrix.shape().cols());
        long step = Math.max(1, tiles) * RowTiles.ROWS;
        if (rows <= step) {
            return List.of(matrix);
        }
        List<Tensor> pieces = new ArrayList<>();
        for (long from = 0; from < rows; from += step) {
            pieces.add(matrix.rows(from, Math.min(rows, from + step)));
        }
        return pieces;
    }

    /** The elements of a vector that belong to a piece. */
    static Tensor elements(Tensor vector, long from, long count) {
        return count == vector.shape().elements() ? vector : vector.elements(from, from + count);
    }
}
