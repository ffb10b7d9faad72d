package dev.sluice.backend;

import java.lang.foreign.MemorySegment;
import java.util.Objects;

/** A piece of a device's memory. Reads and writes keep their place in the device's order of work. */
public interface DeviceMemory extends AutoCloseable {
    long bytes();

    /**
     * Copies host bytes to the device; on return the host memory may be reused.
     *
     * @throws IndexOutOfBoundsException if the range is not within this memory
     */
    void write(long offset, MemorySegment source);

    /**
     * Copies device bytes to the host, after all work submitted before; returns when they are there.
     *
     * @throws IndexOutOfBoundsException if the range is not within this memory
     */
    void read(long offset, MemorySegment target);

    /**
     * For reading the same bytes again and again while the device works on.
     *
     * @throws IndexOutOfBoundsException if the range is not within this memory
     */
    default ReadBack readBack(long offset, long bytes) {
        Objects.checkFromIndexSize(offset, bytes, bytes());
        return new BlockingReadBack(this, offset, bytes);
    }

    @Override
    void close();
}
