package dev.sluice.backend.opencl;

import dev.sluice.opencl.Buffer;
import dev.sluice.tensor.DType;
import org.jspecify.annotations.Nullable;

/** A weight matrix as row tiles in device memory. Where it lies may change between steps: a streamed layer's does. */
final class Matrix {
    private final DType type;
    private final int rows;
    private final int cols;
    private @Nullable Buffer tiles;

    /** @param tiles null: {@link #moveTo} will say */
    Matrix(@Nullable Buffer tiles, DType type, int rows, int cols) {
        this.tiles = tiles;
        this.type = type;
        this.rows = rows;
        this.cols = cols;
    }

    Buffer tiles() {
        Buffer present = tiles;
        if (present == null) {
            throw new IllegalStateException("a matrix of a streamed layer that was given no slot");
        }
        return present;
    }

    /** The caller holds the device. */
    void moveTo(Buffer place) {
        tiles = place;
    }

    DType type() {
        return type;
    }

    int rows() {
        return rows;
    }

    int cols() {
        return cols;
    }
}
