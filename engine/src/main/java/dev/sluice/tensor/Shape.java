package dev.sluice.tensor;

import java.util.Arrays;
import java.util.stream.Collectors;

/** The extents of a tensor; dimension 0 is the contiguous one, as in GGUF: a matrix is [columns, rows]. */
public final class Shape {
    private final long[] dims;

    private Shape(long[] dims) {
        this.dims = dims;
    }

    /**
     * A shape from its extents, contiguous dimension first.
     *
     * @throws IllegalArgumentException if an extent is not positive or there are none
     * @throws ArithmeticException if the element count does not fit a {@code long}
     */
    public static Shape of(long... dims) {
        if (dims.length == 0) {
            throw new IllegalArgumentException("a shape needs at least one dimension");
        }
        long product = 1;
        for (long d : dims) {
            if (d <= 0) {
                throw new IllegalArgumentException("dimension " + d + " is not positive");
            }
            product = Math.multiplyExact(product, d);
        }
        return new Shape(dims.clone());
    }

    /** The number of dimensions. */
    public int rank() {
        return dims.length;
    }

    /** Extent of one dimension; 1 beyond the rank. */
    public long dim(int i) {
        return i < dims.length ? dims[i] : 1;
    }

    /** The contiguous extent: elements of one row. */
    public long cols() {
        return dims[0];
    }

    /** The product of all extents but the first. */
    public long rows() {
        return elements() / dims[0];
    }

    /** The product of all extents. */
    public long elements() {
        long product = 1;
        for (long d : dims) {
            product *= d;
        }
        return product;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Shape s && Arrays.equals(dims, s.dims);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(dims);
    }

    @Override
    public String toString() {
        return Arrays.stream(dims).mapToObj(Long::toString).collect(Collectors.joining(", ", "[", "]"));
    }
}
