package dev.sluice.tensor;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * A named, typed view of memory that somebody else owns; nothing is copied. The view is valid as long as its owner
 * (usually the mapped model file) is open.
 *
 * @param name the tensor's name in its file
 * @param type the weight format
 * @param shape the extents; {@code shape.cols()} elements are contiguous
 * @param data exactly the tensor's bytes, rows one after another
 */
public record Tensor(String name, DType type, Shape shape, MemorySegment data) {
    public Tensor {
        long bytes = type.bytes(shape.cols()) * shape.rows();
        if (data.byteSize() != bytes) {
            throw new IllegalArgumentException(
                    name + ": " + type + " " + shape + " takes " + bytes + " bytes, not " + data.byteSize());
        }
    }

    /** The rows {@code from} (inclusive) to {@code to} (exclusive) of a matrix, in the same memory. */
    public Tensor rows(long from, long to) {
        long rowBytes = type.bytes(shape.cols());
        return new Tensor(
                name + " rows " + from + " to " + (to - 1),
                type,
                Shape.of(shape.cols(), to - from),
                data.asSlice(rowBytes * from, rowBytes * (to - from)));
    }

    /** The elements {@code from} (inclusive) to {@code to} (exclusive) of a vector, in the same memory. */
    public Tensor elements(long from, long to) {
        return new Tensor(
                name + " elements " + from + " to " + (to - 1),
                type,
                Shape.of(to - from),
                data.asSlice(type.bytes(from), type.bytes(to - from)));
    }

    /** As every record's, but quick from the first call: sets of tensors are made while a model is loaded. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other == this
                || (other instanceof Tensor t
                        && name.equals(t.name)
                        && type == t.type
                        && shape.equals(t.shape)
                        && data.equals(t.data));
    }

    @Override
    public int hashCode() {
        return name.hashCode();
    }
}
