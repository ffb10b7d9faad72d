package dev.sluice.opencl;

import dev.sluice.opencl.ffi.CL;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A part of a {@link Buffer} that the host can reach. Closing it gives the part back to the device, in the order of the
 * queue that mapped it; after that every access to the segment throws. Close it before its queue and its buffer.
 */
public final class Mapping extends NativeHandle {
    private final Queue queue;
    private final Buffer buffer;
    private final Arena arena;
    private final MemorySegment segment;

    Mapping(Queue queue, Buffer buffer, MemorySegment pointer, long bytes, boolean writable) {
        super(Kind.MAPPING, pointer);
        this.queue = queue;
        this.buffer = buffer;
        this.arena = Arena.ofShared();
        MemorySegment all = pointer.reinterpret(bytes, arena, null);
        this.segment = writable ? all : all.asReadOnly();
    }

    /** The memory. */
    public MemorySegment segment() {
        requireOpen();
        return segment;
    }

    @Override
    Context owner() {
        return queue.context();
    }

    @Override
    void release(MemorySegment released) {
        arena.close();
        Status.check(
                CL.clEnqueueUnmapMemObject(
                        queue.handle(), buffer.handle(), released, 0, MemorySegment.NULL, MemorySegment.NULL),
                "clEnqueueUnmapMemObject");
    }
}
