package dev.sluice.opencl;

import dev.sluice.opencl.ffi.CL;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A copy to a buffer that is begun again and again, by a queue beside the one that computes with what is there: what {@link
 * Queue#writeAsync} and {@link Queue#waitFor} are for single copies, without an object for each. The host waits for nothing but
 * in {@link #await}. Used by one thread at a time; closing twice is harmless.
 */
public final class RepeatedWrite implements AutoCloseable {
    private final Queue copies;
    private final Arena arena = Arena.ofShared();
    /** Where OpenCL writes the event of the last copy and of the one before it: each also a list of one event to wait for. */
    private MemorySegment event = arena.allocate(ValueLayout.ADDRESS);

    private MemorySegment next = arena.allocate(ValueLayout.ADDRESS);
    private final MemorySegment used = arena.allocate(ValueLayout.ADDRESS);
    private final MemorySegment answer = arena.allocate(ValueLayout.JAVA_INT);
    private boolean begun;
    private boolean closed;

    /** {@code copies}: the queue that carries the copies out. */
    public RepeatedWrite(Queue copies) {
        this.copies = copies;
    }

    /** The queue that carries the copies out. */
    public Queue queue() {
        return copies;
    }

    /** Whether a copy was begun. */
    public boolean begun() {
        return begun;
    }

    /**
     * Begins to copy the first bytes of some memory to those of a buffer, and sends the copy on its way.
     *
     * @throws IndexOutOfBoundsException if the memory or the buffer has fewer bytes
     */
    public void start(Buffer to, HostMemory from, long bytes) {
        Bounds.check("The write", 0, bytes, "the buffer", to.byteSize());
        Bounds.check("The write", 0, bytes, "the host memory", from.byteSize());
        if (bytes == 0) {
            throw new IllegalArgumentException("a copy of no bytes");
        }
        synchronized (from) { // a close on another thread either comes first and fails the copy, or sees it and waits
            from.requireOpen();
            Status.check(
                    CL.clEnqueueWriteBuffer(
                            copies.handle(),
                            to.handle(),
                            CL.CL_FALSE(),
                            0,
                            bytes,
                            from.segment(),
                            0,
                            MemorySegment.NULL,
                            next),
                    "clEnqueueWriteBuffer");
            try {
                from.usedBy(copies.context(), next.get(ValueLayout.JAVA_LONG, 0));
            } catch (RuntimeException e) {
                copies.finish(); // or the memory could be freed while it is copied
                release(next);
                throw e;
            }
        }
        if (begun) {
            release(event);
        }
        MemorySegment last = event;
        event = next;
        next = last;
        begun = true;
        copies.flush();
    }

    /** The next copy begins when all is done that was queued so far on the queue that computes. */
    public void waitFor(Queue after) {
        Status.check(
                CL.clEnqueueMarkerWithWaitList(after.handle(), 0, MemorySegment.NULL, used),
                "clEnqueueMarkerWithWaitList");
        try {
            after.flush();
            Status.check(
                    CL.clEnqueueBarrierWithWaitList(copies.handle(), 1, used, MemorySegment.NULL),
                    "clEnqueueBarrierWithWaitList");
        } finally {
            release(used);
        }
    }

    /** Lets the commands that follow on another queue begin only when the last copy is done. */
    public void holdUp(Queue waiting) {
        requireBegun();
        copies.flush();
        Status.check(
                CL.clEnqueueBarrierWithWaitList(waiting.handle(), 1, event, MemorySegment.NULL),
                "clEnqueueBarrierWithWaitList");
    }

    /**
     * Waits for the copy that was begun last.
     *
     * @throws ClException if it, or what it had to wait for, failed
     * @throws IllegalStateException if none was begun
     */
    public void await() {
        requireBegun();
        copies.context().await(event.get(ValueLayout.JAVA_LONG, 0));
    }

    /** Waits until the copy that was begun last, if there is one, has ended, well or not: its memory may be written again. */
    public void awaitEnd() {
        if (begun) {
            EventAddress.awaitEnd(copies.context(), event.get(ValueLayout.JAVA_LONG, 0), answer);
        }
    }

    /** The copy that was begun last, for those who ask when it ran; the caller closes it. */
    public Event event() {
        requireBegun();
        EventAddress.retain(event.get(ValueLayout.JAVA_LONG, 0));
        return new Event(copies, event.get(ValueLayout.ADDRESS, 0));
    }

    private void requireBegun() {
        if (!begun) {
            throw new IllegalStateException("no copy was begun");
        }
    }

    private static void release(MemorySegment event) {
        EventAddress.release(event.get(ValueLayout.JAVA_LONG, 0));
    }

    /** Lets go of the last copy, which goes on; its memory knows of it. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        if (copies.context().isLost()) {
            return;
        }
        if (begun) {
            begun = false;
            release(event);
        }
        arena.close();
    }
}
