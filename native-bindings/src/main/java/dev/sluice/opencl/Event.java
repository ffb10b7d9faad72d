package dev.sluice.opencl;

import dev.sluice.opencl.ffi.CL;
import java.lang.foreign.MemorySegment;

/**
 * A command on its way: wait for it, ask where it is, or let another queue wait for it ({@link Queue#waitFor}). Closing
 * an event does not cancel its command. Thread-safe.
 */
public final class Event extends NativeHandle {
    private final Queue queue;

    Event(Queue queue, MemorySegment handle) {
        super(Kind.EVENT, handle);
        this.queue = queue;
    }

    /** Where a command is. */
    public enum Progress {
        /** In the queue. */
        QUEUED,
        /** Handed to the device. */
        SUBMITTED,
        /** At work. */
        RUNNING,
        /** Done. */
        COMPLETE
    }

    /**
     * When a command was where, in nanoseconds of the device's clock.
     *
     * @param queued when it entered the queue
     * @param submitted when it was handed to the device
     * @param started when the device began
     * @param ended when the device was done
     */
    public record Profile(long queued, long submitted, long started, long ended) {
        /** How long the device worked, in nanoseconds. */
        public long nanos() {
            return ended - started;
        }
    }

    /**
     * Waits until the command is done.
     *
     * @throws ClException if the command, or one that it had to wait for, failed
     */
    public void await() {
        // An unsent command would never end; not every implementation sends it by itself.
        if (!queue.isClosed()) {
            queue.flush();
        }
        queue.context().await(handle().address());
    }

    /**
     * Where the command is now.
     *
     * @throws ClException if the command failed
     */
    public Progress progress() {
        int status = status(handle());
        if (status < 0) {
            throw new ClException("The command", status);
        }
        if (status == CL.CL_COMPLETE()) {
            return Progress.COMPLETE;
        }
        if (status == CL.CL_RUNNING()) {
            return Progress.RUNNING;
        }
        return status == CL.CL_SUBMITTED() ? Progress.SUBMITTED : Progress.QUEUED;
    }

    /** Sends the command on its way where another queue is to wait for it. */
    void flushQueueUnless(Queue waiting) {
        if (queue != waiting && !queue.isClosed()) {
            queue.flush();
        }
    }

    private static int status(MemorySegment event) {
        return new Info(
                        "clGetEventInfo",
                        (parameter, size, value, returned) ->
                                CL.clGetEventInfo(event, parameter, size, value, returned))
                .int32(CL.CL_EVENT_COMMAND_EXECUTION_STATUS());
    }

    /**
     * When the command ran, once it is done.
     *
     * @throws ClException if the queue does not profile or the command is not done
     */
    public Profile profile() {
        return profile(handle());
    }

    static Profile profile(MemorySegment event) {
        Info query = new Info(
                "clGetEventProfilingInfo",
                (parameter, size, value, returned) ->
                        CL.clGetEventProfilingInfo(event, parameter, size, value, returned));
        return new Profile(
                query.int64(CL.CL_PROFILING_COMMAND_QUEUED()),
                query.int64(CL.CL_PROFILING_COMMAND_SUBMIT()),
                query.int64(CL.CL_PROFILING_COMMAND_START()),
                query.int64(CL.CL_PROFILING_COMMAND_END()));
    }

    @Override
    Context owner() {
        return queue.context();
    }

    @Override
    void release(MemorySegment released) {
        Status.check(CL.clReleaseEvent(released), "clReleaseEvent");
    }
}
