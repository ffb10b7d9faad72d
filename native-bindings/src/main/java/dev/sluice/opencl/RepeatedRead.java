package dev.sluice.opencl;

import dev.sluice.opencl.ffi.CL;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A copy to the host that is begun again and again, as for each token of a text, and makes no object for it: what
 * {@link Queue#readAsync} is for single copies. The memory lives until it is closed, which waits for the last copy. Used
 * by one thread at a time; closing twice is harmless.
 */
public final class RepeatedRead implements AutoCloseable {
    private final HostMemory memory;
    private final Arena arena = Arena.ofShared();
    /** Where OpenCL writes the event of the last copy and of the one before it: each also a list of one event to wait for. */
    private MemorySegment event = arena.allocate(ValueLayout.ADDRESS);

    private MemorySegment next = arena.allocate(ValueLayout.ADDRESS);
    private @Nullable Queue queue;
    private long limit;
    private boolean closed;

    /** A copy of so many bytes. */
    public RepeatedRead(long bytes) {
        memory = HostMemory.allocate(bytes);
        limit = bytes;
    }

    /** What was copied, once {@link #await} has returned. */
    public MemorySegment segment() {
        return memory.segment();
    }

    /**
     * From the next start on only the first bytes are copied.
     *
     * @throws IndexOutOfBoundsException if there are not so many
     */
    public void limit(long bytes) {
        Objects.checkFromIndexSize(0, bytes, memory.segment().byteSize());
        limit = bytes;
    }

    /** How many bytes are copied. */
    public long limit() {
        return limit;
    }

    /** Begins to copy from a buffer and sends the copy, and what is queued before it, on its way. */
    public void start(Queue from, Buffer buffer, long offset) {
        MemorySegment segment = memory.segment();
        Bounds.check("The read", offset, limit, "the buffer", buffer.byteSize());
        if (queue != from) {
            forget();
        }
        Status.check(
                CL.clEnqueueReadBuffer(
                        from.handle(),
                        buffer.handle(),
                        CL.CL_FALSE(),
                        offset,
                        limit,
                        segment,
                        0,
                        MemorySegment.NULL,
                        next),
                "clEnqueueReadBuffer");
        if (queue != null) {
            release(event); // whose copy is done before this one, as both are of one queue
        }
        MemorySegment begun = next;
        next = event;
        event = begun;
        queue = from;
        from.flush();
    }

    /**
     * Waits for the copy that was begun last.
     *
     * @throws ClException if it, or what it had to wait for, failed
     * @throws IllegalStateException if none was begun
     */
    public void await() {
        if (queue == null) {
            throw new IllegalStateException("no copy was begun");
        }
        queue.context().await(event.get(ValueLayout.JAVA_LONG, 0));
    }

    /** Whether the last copy has a {@link #profile}. */
    public boolean profiles() {
        return queue != null && queue.profiling();
    }

    /** When the last copy ran, once it is done; its queue profiles. */
    public Event.Profile profile() {
        if (queue == null) {
            throw new IllegalStateException("no copy was begun");
        }
        return Event.profile(event.get(ValueLayout.ADDRESS, 0));
    }

    /** Lets go of the last copy, once it no longer uses the memory. */
    private void forget() {
        if (queue != null) {
            Context context = queue.context();
            queue = null;
            EventAddress.awaitEnd(context, event.get(ValueLayout.JAVA_LONG, 0), arena.allocate(ValueLayout.JAVA_INT));
            release(event);
        }
    }

    private static void release(MemorySegment event) {
        EventAddress.release(event.get(ValueLayout.JAVA_LONG, 0));
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        if (queue != null && queue.context().isLost()) {
            memory.leaveTo(queue.context());
            return;
        }
        forget();
        memory.close();
        arena.close();
    }
}
