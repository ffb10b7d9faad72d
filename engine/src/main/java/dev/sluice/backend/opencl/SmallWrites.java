package dev.sluice.backend.opencl;

import dev.sluice.opencl.Buffer;
import dev.sluice.opencl.HostMemory;
import dev.sluice.opencl.Queue;
import dev.sluice.opencl.RepeatedWrite;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Writes of a few bytes to the begin of a buffer, as for each token of a text: they are queued, and the host does not wait for
 * the device, twice a write otherwise. What is written waits in host memory of its own meanwhile. Its device is held by whoever calls.
 */
final class SmallWrites implements AutoCloseable {
    /** Bytes that are few: more are copied once, not twice. */
    static final long MOST = 256 << 10;

    private final Buffer buffer;
    private final HostMemory staging;
    private @Nullable RepeatedWrite copy;

    SmallWrites(Buffer buffer) {
        this.buffer = buffer;
        staging = HostMemory.allocate(Math.min(MOST, buffer.byteSize()));
    }

    /** Queues a write of {@link #MOST} bytes at the most. */
    void write(Queue queue, MemorySegment from) {
        RepeatedWrite present = copy;
        if (present != null) {
            present.awaitEnd(); // long ago, as a rule
        }
        if (present == null || present.queue() != queue) {
            close(present);
            present = new RepeatedWrite(queue);
            copy = present;
        }
        MemorySegment.copy(from, 0, staging.segment(), 0, from.byteSize());
        present.start(buffer, staging, from.byteSize());
    }

    private static void close(@Nullable RepeatedWrite copy) {
        if (copy != null) {
            copy.close();
        }
    }

    @Override
    public void close() {
        close(copy);
        staging.close();
    }
}
