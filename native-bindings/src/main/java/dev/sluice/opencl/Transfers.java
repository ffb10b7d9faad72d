package dev.sluice.opencl;

import dev.sluice.opencl.ffi.CL;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The commands of a {@link Queue} that move bytes, with their checks. */
final class Transfers {
    private Transfers() {}

    static void write(Queue queue, Buffer to, long offset, MemorySegment from) {
        Bounds.check("The write", offset, from.byteSize(), "the buffer", to.byteSize());
        if (from.byteSize() == 0) {
            return;
        }
        queue.settle();
        if (from.isNative()) {
            enqueueWrite(queue, to, offset, from, true, MemorySegment.NULL);
            return;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment copy = arena.allocate(from.byteSize(), Long.BYTES).copyFrom(from);
            enqueueWrite(queue, to, offset, copy, true, MemorySegment.NULL);
        }
    }

    static void read(Queue queue, Buffer from, long offset, MemorySegment to) {
        Bounds.check("The read", offset, to.byteSize(), "the buffer", from.byteSize());
        requireWritable(to);
        if (to.byteSize() == 0) {
            return;
        }
        queue.settle();
        if (to.isNative()) {
            enqueueRead(queue, from, offset, to, true, MemorySegment.NULL);
            return;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment copy = arena.allocate(to.byteSize(), Long.BYTES);
            enqueueRead(queue, from, offset, copy, true, MemorySegment.NULL);
            to.copyFrom(copy);
        }
    }

    static Event writeAsync(Queue queue, Buffer to, long offset, HostMemory from, long fromOffset, long bytes) {
        Bounds.check("The write", offset, bytes, "the buffer", to.byteSize());
        Bounds.check("The write", fromOffset, bytes, "the host memory", from.byteSize());
        if (bytes == 0) {
            return queue.marker();
        }
        MemorySegment part = from.segment().asSlice(fromOffset, bytes);
        return inFlight(queue, from, event -> enqueueWrite(queue, to, offset, part, false, event));
    }

    static Event readAsync(Queue queue, Buffer from, long offset, HostMemory to, long toOffset, long bytes) {
        Bounds.check("The read", offset, bytes, "the buffer", from.byteSize());
        Bounds.check("The read", toOffset, bytes, "the host memory", to.byteSize());
        if (bytes == 0) {
            return queue.marker();
        }
        MemorySegment part = to.segment().asSlice(toOffset, bytes);
        requireWritable(part);
        return inFlight(queue, to, event -> enqueueRead(queue, from, offset, part, false, event));
    }

    /**
     * Enqueues a copy and ties it to its memory. The memory's lock is held meanwhile, so that a close on another thread
     * either comes first and fails the copy, or sees it and waits.
     */
    private static Event inFlight(Queue queue, HostMemory memory, Queue.Command command) {
        synchronized (memory) {
            memory.requireOpen();
            Event event = queue.event(command);
            try {
                memory.usedBy(queue.context(), event.handle().address());
                queue.flush();
                return event;
            } catch (RuntimeException e) {
                queue.finish();
                event.close();
                throw e;
            }
        }
    }

    static void copy(Queue queue, Buffer from, long fromOffset, Buffer to, long toOffset, long bytes) {
        Bounds.check("The copy", fromOffset, bytes, "the source buffer", from.byteSize());
        Bounds.check("The copy", toOffset, bytes, "the target buffer", to.byteSize());
        if (bytes == 0) {
            return;
        }
        Status.check(
                CL.clEnqueueCopyBuffer(
                        queue.handle(),
                        from.handle(),
                        to.handle(),
                        fromOffset,
                        toOffset,
                        bytes,
                        0,
                        MemorySegment.NULL,
                        MemorySegment.NULL),
                "clEnqueueCopyBuffer");
    }

    static void fill(Queue queue, Buffer buffer, long offset, long bytes, int pattern) {
        // OpenCL copies the pattern before it returns.
        try (Arena arena = Arena.ofConfined()) {
            fill(queue, buffer, offset, bytes, arena.allocateFrom(ValueLayout.JAVA_INT, pattern));
        }
    }

    static void fill(Queue queue, Buffer buffer, long offset, long bytes, MemorySegment pattern) {
        if (!pattern.isNative() || pattern.byteSize() != Integer.BYTES) {
            throw new IllegalArgumentException("The pattern of a fill is 4 bytes outside the heap, not " + pattern);
        }
        Bounds.check("The fill", offset, bytes, "the buffer", buffer.byteSize());
        if (offset % Integer.BYTES != 0 || bytes % Integer.BYTES != 0) {
            throw new IllegalArgumentException(
                    "A fill takes multiples of 4 bytes, not " + bytes + " bytes at offset " + offset);
        }
        if (bytes == 0) {
            return;
        }
        Status.check(
                CL.clEnqueueFillBuffer(
                        queue.handle(),
                        buffer.handle(),
                        pattern,
                        Integer.BYTES,
                        offset,
                        bytes,
                        0,
                        MemorySegment.NULL,
                        MemorySegment.NULL),
                "clEnqueueFillBuffer");
    }

    static Mapping map(Queue queue, Buffer buffer, MapMode mode, long offset, long bytes) {
        Bounds.check("The mapping", offset, bytes, "the buffer", buffer.byteSize());
        if (bytes == 0) {
            throw new IllegalArgumentException("A mapping needs at least one byte");
        }
        queue.settle();
        MemorySegment pointer = Status.create(
                "clEnqueueMapBuffer",
                bytes + " bytes at offset " + offset,
                status -> CL.clEnqueueMapBuffer(
                        queue.handle(),
                        buffer.handle(),
                        CL.CL_TRUE(),
                        mode.bits(),
                        offset,
                        bytes,
                        0,
                        MemorySegment.NULL,
                        MemorySegment.NULL,
                        status));
        return new Mapping(queue, buffer, pointer, bytes, mode != MapMode.READ);
    }

    private static void enqueueWrite(
            Queue queue, Buffer to, long offset, MemorySegment from, boolean blocking, MemorySegment event) {
        Status.check(
                CL.clEnqueueWriteBuffer(
                        queue.handle(),
                        to.handle(),
                        blocking ? CL.CL_TRUE() : CL.CL_FALSE(),
                        offset,
                        from.byteSize(),
                        from,
                        0,
                        MemorySegment.NULL,
                        event),
                "clEnqueueWriteBuffer");
    }

    private static void enqueueRead(
            Queue queue, Buffer from, long offset, MemorySegment to, boolean blocking, MemorySegment event) {
        Status.check(
                CL.clEnqueueReadBuffer(
                        queue.handle(),
                        from.handle(),
                        blocking ? CL.CL_TRUE() : CL.CL_FALSE(),
                        offset,
                        to.byteSize(),
                        to,
                        0,
                        MemorySegment.NULL,
                        event),
                "clEnqueueReadBuffer");
    }

    /** A driver that writes to read-only pages takes the whole process down. */
    private static void requireWritable(MemorySegment segment) {
        if (segment.isReadOnly()) {
            throw new IllegalArgumentException("The memory to read into is read-only");
        }
    }
}
