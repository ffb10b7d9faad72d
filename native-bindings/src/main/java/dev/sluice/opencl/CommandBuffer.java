package dev.sluice.opencl;

import dev.sluice.opencl.ffi.CL;
import dev.sluice.opencl.ffi.clCommandNDRangeKernelKHR_fn;
import dev.sluice.opencl.ffi.clCreateCommandBufferKHR_fn;
import dev.sluice.opencl.ffi.clEnqueueCommandBufferKHR_fn;
import dev.sluice.opencl.ffi.clFinalizeCommandBufferKHR_fn;
import dev.sluice.opencl.ffi.clReleaseCommandBufferKHR_fn;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * Launches that are written down once and then replayed, all with one command (cl_khr_command_buffer):
 *
 * <pre>{@code
 * CommandBuffer buffer = CommandBuffer.create(queue);
 * kernel.args().buffer(a).i32(1);
 * buffer.launch(kernel, NDRange.of(n));
 * buffer.finish();
 * buffer.replay();
 * }</pre>
 *
 * <p>What the buffers among a launch's arguments hold is looked at when it runs. As OpenCL has it, a launch keeps the arguments
 * that its kernel had when it was written down; but PoCL 3.1 looks at them at each replay, so give every launch a kernel of
 * its own ({@link Kernel#another}) that nothing else uses. The launches run one after another, as the queue is in-order. Replaying allocates nothing where a device
 * takes a replay while the one before it is under way; elsewhere {@link #replay} waits for that.
 *
 * <p><b>Not thread-safe.</b> Its kernels, and its queue's device, must not be closed before it; it may be closed when no
 * replay is under way.
 */
public final class CommandBuffer extends NativeHandle {
    private static final int INVALID_OPERATION = -59;

    private final Queue queue;
    private final Functions functions;
    private final boolean simultaneous;
    /** The replay that may be under way, where only one may. */
    private @Nullable Event last;

    private CommandBuffer(Queue queue, Functions functions, boolean simultaneous, MemorySegment handle) {
        super(Kind.COMMAND_BUFFER, handle);
        this.queue = queue;
        this.functions = functions;
        this.simultaneous = simultaneous;
    }

    /**
     * An empty one for a queue, on which it is replayed.
     *
     * @throws ClException if the driver refuses, or lacks the extension ({@link DeviceInfo#commandBuffers})
     */
    public static CommandBuffer create(Queue queue) {
        Functions functions = Functions.of(queue.device().platform());
        boolean simultaneous = (DeviceQuery.of(queue.device().id())
                                .optionalInt64(CL.CL_DEVICE_COMMAND_BUFFER_CAPABILITIES_KHR())
                                .orElse(0)
                        & CL.CL_COMMAND_BUFFER_CAPABILITY_SIMULTANEOUS_USE_KHR())
                != 0;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment queues = arena.allocateFrom(ValueLayout.ADDRESS, queue.handle());
            MemorySegment properties = arena.allocateFrom(
                    ValueLayout.JAVA_LONG,
                    CL.CL_COMMAND_BUFFER_FLAGS_KHR(),
                    simultaneous ? CL.CL_COMMAND_BUFFER_SIMULTANEOUS_USE_KHR() : 0,
                    0);
            MemorySegment handle = Status.create(
                    "clCreateCommandBufferKHR",
                    status -> clCreateCommandBufferKHR_fn.invoke(functions.create, 1, queues, properties, status));
            return new CommandBuffer(queue, functions, simultaneous, handle);
        }
    }

    /** Writes down a launch as {@link Queue#launch(Kernel, NDRange)} makes it. */
    public void launch(Kernel kernel, NDRange range) {
        kernel.prepare(
                range.globalX(), range.globalY(), range.globalZ(), range.localX(), range.localY(), range.localZ());
        launch(kernel, range.dimensions(), range.localX() > 0);
    }

    /** Writes down a launch as {@link Queue#launch(Kernel, long, long, long, long)} makes it. */
    public void launch(Kernel kernel, long x, long y, long localX, long localY) {
        NDRange.check(x, y, 1, localX, localY, localX == 0 ? 0 : 1);
        kernel.prepare(x, y, 1, localX, localY, 1);
        launch(kernel, y > 1 || localY > 1 ? 2 : 1, localX > 0);
    }

    private void launch(Kernel kernel, int dimensions, boolean grouped) {
        int status = clCommandNDRangeKernelKHR_fn.invoke(
                functions.launch,
                handle(),
                MemorySegment.NULL,
                MemorySegment.NULL,
                kernel.handle(),
                dimensions,
                MemorySegment.NULL,
                kernel.globalSizes(),
                grouped ? kernel.localSizes() : MemorySegment.NULL,
                0,
                MemorySegment.NULL,
                MemorySegment.NULL,
                MemorySegment.NULL);
        if (status != 0) {
            throw new ClException("clCommandNDRangeKernelKHR", status, kernel.launchAttempt());
        }
    }

    /** Says that all is written down; now it can be replayed. */
    public void finish() {
        Status.check(clFinalizeCommandBufferKHR_fn.invoke(functions.finish, handle()), "clFinalizeCommandBufferKHR");
    }

    /** Queues all launches. */
    public void replay() {
        if (simultaneous) {
            enqueue(MemorySegment.NULL);
            return;
        }
        Event before = last;
        if (before != null) {
            last = null;
            try (before) {
                before.await();
            }
        }
        last = queue.event(this::enqueue);
    }

    private void enqueue(MemorySegment event) {
        Status.check(
                clEnqueueCommandBufferKHR_fn.invoke(
                        functions.enqueue, 0, MemorySegment.NULL, handle(), 0, MemorySegment.NULL, event),
                "clEnqueueCommandBufferKHR");
    }

    @Override
    Context owner() {
        return queue.context();
    }

    @Override
    void release(MemorySegment released) {
        Event before = last;
        if (before != null) {
            before.close();
        }
        Status.check(clReleaseCommandBufferKHR_fn.invoke(functions.release, released), "clReleaseCommandBufferKHR");
    }

    /** The extension's functions, of which every platform has its own. */
    private record Functions(
            MemorySegment create,
            MemorySegment launch,
            MemorySegment finish,
            MemorySegment enqueue,
            MemorySegment release) {
        static Functions of(Platform platform) {
            return new Functions(
                    find(platform, "clCreateCommandBufferKHR"),
                    find(platform, "clCommandNDRangeKernelKHR"),
                    find(platform, "clFinalizeCommandBufferKHR"),
                    find(platform, "clEnqueueCommandBufferKHR"),
                    find(platform, "clReleaseCommandBufferKHR"));
        }

        private static MemorySegment find(Platform platform, String name) {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment found =
                        CL.clGetExtensionFunctionAddressForPlatform(platform.id(), arena.allocateFrom(name));
                if (found.equals(MemorySegment.NULL)) {
                    throw new ClException(name, INVALID_OPERATION, platform + " has no such function");
                }
                return found;
            }
        }
    }
}
