package dev.sluice.backend.opencl;

import dev.sluice.opencl.Buffer;
import dev.sluice.tensor.DType;

/** A weight matrix as row tiles in device memory. */
record Matrix(Buffer tiles, DType type, int rows, int cols) {}
