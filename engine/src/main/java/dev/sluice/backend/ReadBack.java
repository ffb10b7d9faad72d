package dev.sluice.backend;

import java.lang.foreign.MemorySegment;

/**
 * A copy from a device to the host that other work may follow before it is waited for. Used again and again, by one thread at
 * a time; closed by its owner, twice without harm, before the memory that it reads.
 */
public interface ReadBack extends AutoCloseable {
    /** Queues the copy of all bytes behind all that was submitted so far. */
    void start();

    /**
     * As {@link #start()}, for the first bytes alone.
     *
     * @throws IndexOutOfBoundsException if there are not so many
     */
    void start(long bytes);

    /**
     * Waits for the copy that was started last.
     *
     * @return the bytes, always in the same memory, valid until the next start; those that it did not copy are undefined
     * @throws dev.sluice.error.SluiceException if the device failed
     */
    MemorySegment await();

    @Override
    void close();
}
