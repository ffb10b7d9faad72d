package dev.sluice.backend.opencl;

import dev.sluice.backend.tiles.RowTiles;
import dev.sluice.backend.tiles.WeightLayout;
import dev.sluice.tensor.Shape;
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
            pieces.add(rows(matrix, from, Math.min(rows, from + step)));
        }
        return pieces;
    }

    private static Tensor rows(Tensor matrix, long from, long to) {
        long cols = matrix.shape().cols();
        long rowBytes = matrix.type().bytes(cols);
        return new Tensor(
                matrix.name() + " rows " + from + " to " + (to - 1),
                matrix.type(),
                Shape.of(cols, to - from),
                matrix.data().asSlice(rowBytes * from, rowBytes * (to - from)));
    }

    /** The elements of a vector that belong to a piece. */
    static Tensor elements(Tensor vector, long from, long count) {
        if (count == vector.shape().elements()) {
            return vector;
        }
        return new Tensor(
                vector.name() + " elements " + from + " to " + (from + count - 1),
                vector.type(),
                Shape.of(count),
                vector.data().asSlice(vector.type().bytes(from), vector.type().bytes(count)));
    }
}
