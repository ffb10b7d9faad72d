package dev.sluice.opencl;

import dev.sluice.opencl.ffi.CL;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * An in-order queue of commands to one device: each begins after the one before it is done. Queues of one context are
 * ordered among each other by {@link #waitFor}. Thread-safe; {@link #launch} is as thread-safe as its {@link Kernel}.
 *
 * <p>All sizes and offsets are in bytes, and every range is checked against its buffer and its segment before OpenCL sees
 * it ({@link IndexOutOfBoundsException}). A command that fails throws {@link ClException}, here or where its outcome is
 * waited for. Close a queue after {@link #finish()}, or its last commands may still be at work.
 */
public final class Queue extends NativeHandle {
    private final Context context;
    private final Device device;
    private final boolean profiling;
    /** The event of the marker that is waited for last. */
    private final MemorySegment last = Arena.ofAuto().allocate(ValueLayout.ADDRESS);

    private Queue(Context context, Device device, boolean profiling, MemorySegment handle) {
        super(Kind.QUEUE, handle);
        this.context = context;
        this.device = device;
        this.profiling = profiling;
    }

    static Queue create(Context context, Device device, boolean profiling) {
        long bits = profiling ? CL.CL_QUEUE_PROFILING_ENABLE() : 0;
        MemorySegment handle;
        if (device.info().versionAtLeast(2, 0) && LibraryLoader.has("clCreateCommandQueueWithProperties")) {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment properties = arena.allocateFrom(ValueLayout.JAVA_LONG, CL.CL_QUEUE_PROPERTIES(), bits, 0);
                handle = Status.create(
                        "clCreateCommandQueueWithProperties",
                        status -> CL.clCreateCommandQueueWithProperties(
                                context.handle(), device.id(), properties, status));
            }
        } else {
            handle = Status.create(
                    "clCreateCommandQueue",
                    status -> CL.clCreateCommandQueue(context.handle(), device.id(), bits, status));
        }
        return new Queue(context, device, profiling, handle);
    }

    /** The context that the queue belongs to. */
    public Context context() {
        return context;
    }

    /** The device that does the work. */
    public Device device() {
        return device;
    }

    /** Whether events of this queue have a {@link Event#profile() profile}. */
    public boolean profiling() {
        return profiling;
    }

    /** Launches a kernel with the arguments that it has now. */
    public void launch(Kernel kernel, NDRange range) {
        launch(kernel, range, MemorySegment.NULL);
    }

    /** Launches a kernel with the arguments that it has now, for its event. */
    public Event launchWithEvent(Kernel kernel, NDRange range) {
        return event(event -> launch(kernel, range, event));
    }

    /**
     * Launches a kernel as {@code NDRange.of(x, y).local(localX, localY)} says, for launches whose sizes change all the
     * time: this makes no object.
     *
     * @param localX 0, as localY, lets the implementation choose
     */
    public void launch(Kernel kernel, long x, long y, long localX, long localY) {
        NDRange.check(x, y, 1, localX, localY, localX == 0 ? 0 : 1);
        kernel.prepare(x, y, 1, localX, localY, 1);
        enqueue(kernel, y > 1 || localY > 1 ? 2 : 1, localX > 0, MemorySegment.NULL);
    }

    private void launch(Kernel kernel, NDRange range, MemorySegment event) {
        kernel.prepare(
                range.globalX(), range.globalY(), range.globalZ(), range.localX(), range.localY(), range.localZ());
        enqueue(kernel, range.dimensions(), range.localX() > 0, event);
    }

    private void enqueue(Kernel kernel, int dimensions, boolean grouped, MemorySegment event) {
        int status = CL.clEnqueueNDRangeKernel(
                handle(),
                kernel.handle(),
                dimensions,
                MemorySegment.NULL,
                kernel.globalSizes(),
                grouped ? kernel.localSizes() : MemorySegment.NULL,
                0,
                MemorySegment.NULL,
                event);
        if (status != 0) {
            throw new ClException("clEnqueueNDRangeKernel", status, kernel.launchAttempt());
        }
    }

    /** Copies a whole segment of any kind into a buffer and waits for it. */
    public void write(Buffer to, long offset, MemorySegment from) {
        Transfers.write(this, to, offset, from);
    }

    /** Fills a whole segment of any kind from a buffer and waits for it. */
    public void read(Buffer from, long offset, MemorySegment to) {
        Transfers.read(this, from, offset, to);
    }

    /** Begins to copy host memory into a buffer; the memory must not change until the event is complete. */
    public Event writeAsync(Buffer to, long offset, HostMemory from, long fromOffset, long bytes) {
        return Transfers.writeAsync(this, to, offset, from, fromOffset, bytes);
    }

    /** Begins to copy a buffer into host memory, which holds it when the event is complete. */
    public Event readAsync(Buffer from, long offset, HostMemory to, long toOffset, long bytes) {
        return Transfers.readAsync(this, from, offset, to, toOffset, bytes);
    }

    /** Copies between buffers, or within one if the two ranges do not overlap. */
    public void copy(Buffer from, long fromOffset, Buffer to, long toOffset, long bytes) {
        Transfers.copy(this, from, fromOffset, to, toOffset, bytes);
    }

    /**
     * Fills a part of a buffer with a 4-byte pattern.
     *
     * @throws IllegalArgumentException if offset or size is no multiple of 4
     */
    public void fill(Buffer buffer, long offset, long bytes, int pattern) {
        Transfers.fill(this, buffer, offset, bytes, pattern);
    }

    /** As the other, with a pattern of 4 bytes outside the heap, of which OpenCL takes a copy: this makes no object. */
    public void fill(Buffer buffer, long offset, long bytes, MemorySegment pattern) {
        Transfers.fill(this, buffer, offset, bytes, pattern);
    }

    /** Waits until the host can reach a part of a buffer; closing the result gives it back to the device. */
    public Mapping map(Buffer buffer, MapMode mode, long offset, long bytes) {
        return Transfers.map(this, buffer, mode, offset, bytes);
    }

    /** An event that is complete when all commands before it are. */
    public Event marker() {
        return event(event -> Status.check(
                CL.clEnqueueMarkerWithWaitList(handle(), 0, MemorySegment.NULL, event), "clEnqueueMarkerWithWaitList"));
    }

    /**
     * Lets the commands that follow begin only when these events, of this or other queues of the context, are complete.
     * The host does not wait. The other queues are flushed, as OpenCL demands.
     */
    public void waitFor(Event... events) {
        if (events.length == 0) {
            return;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment list = arena.allocate(ValueLayout.ADDRESS, events.length);
            for (int i = 0; i < events.length; i++) {
                list.setAtIndex(ValueLayout.ADDRESS, i, events[i].handle());
                events[i].flushQueueUnless(this);
            }
            Status.check(
                    CL.clEnqueueBarrierWithWaitList(handle(), events.length, list, MemorySegment.NULL),
                    "clEnqueueBarrierWithWaitList");
        }
    }

    /** Sends all commands to the device without waiting. */
    public void flush() {
        Status.check(CL.clFlush(handle()), "clFlush");
    }

    /** Waits until all commands are done. */
    public void finish() {
        if (!context.isWatched()) {
            Status.check(CL.clFinish(handle()), "clFinish");
            return;
        }
        synchronized (last) {
            Status.check(
                    CL.clEnqueueMarkerWithWaitList(handle(), 0, MemorySegment.NULL, last),
                    "clEnqueueMarkerWithWaitList");
            flush();
            long marker = last.get(ValueLayout.JAVA_LONG, 0);
            try {
                context.await(marker);
            } finally {
                if (!context.isLost()) {
                    EventAddress.release(marker);
                }
            }
        }
    }

    /**
     * Waits until the device has nothing else to do, if waits have a limit: a command that blocks cannot be left, so it
     * begins when it need not wait for others.
     */
    void settle() {
        if (context.isWatched()) {
            finish();
        }
    }

    /** A command that writes its event to a pointer. */
    @FunctionalInterface
    interface Command {
        void enqueue(MemorySegment event);
    }

    Event event(Command command) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment event = arena.allocate(ValueLayout.ADDRESS);
            command.enqueue(event);
            return new Event(this, event.get(ValueLayout.ADDRESS, 0));
        }
    }

    @Override
    Context owner() {
        return context;
    }

    @Override
    void release(MemorySegment released) {
        Status.check(CL.clReleaseCommandQueue(released), "clReleaseCommandQueue");
    }
}
