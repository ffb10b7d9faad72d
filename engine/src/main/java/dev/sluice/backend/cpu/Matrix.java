package dev.sluice.backend.cpu;

import dev.sluice.backend.tiles.RowTiles;
import dev.sluice.tensor.DType;
import dev.sluice.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/**
 * A weight matrix as the kernels of a device read it.
 *
 * @param tensor the matrix in its file
 * @param data row tiles for vector code, the file's own rows for scalar code
 */
record Matrix(Tensor tensor, MemorySegment data) {
    DType type() {
        return tensor.type();
    }

    int cols() {
        return (int) tensor.shape().cols();
    }

    int rows() {
        return (int) tensor.shape().rows();
    }

    /** Groups of 16 rows, the last perhaps incomplete: the grain in which workers share a matrix. */
    int tiles() {
        return (int) RowTiles.tiles(rows());
    }
}
