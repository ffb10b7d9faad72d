package dev.sluice.backend.cpu;

import dev.sluice.backend.tiles.RowTiles;
import dev.sluice.tensor.DType;
import dev.sluice.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/** A weight matrix as the kernels of a device read it. Where it lies may change between steps: a streamed layer's does. */
final class Matrix {
    private final Tensor tensor;
    private MemorySegment data;

    /**
     * A matrix that is there.
     *
     * @param tensor the matrix in its file
     * @param data row tiles for vector code, the file's own rows for scalar code
     */
    Matrix(Tensor tensor, MemorySegment data) {
        this.tensor = tensor;
        this.data = data;
    }

    /** The matrix in its file. */
    Tensor tensor() {
        return tensor;
    }

    MemorySegment data() {
        return data;
    }

    /** The caller holds the device, so that no worker reads meanwhile. */
    void moveTo(MemorySegment place) {
        data = place;
    }

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
