package dev.sluice.tensor;

import java.lang.foreign.MemorySegment;

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
}
