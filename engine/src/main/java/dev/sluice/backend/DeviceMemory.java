package dev.sluice.backend;

import java.lang.foreign.MemorySegment;

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

    @Override
    void close();
}
