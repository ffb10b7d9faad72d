package dev.sluice.opencl;

import dev.sluice.opencl.ffi.CL;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Devices of one platform that share buffers and programs. Thread-safe. Close what was made from a context before the
 * context itself.
 */
public final class Context extends NativeHandle {
    private final List<Device> devices;
    private volatile @Nullable Watch watch;

    private Context(List<Device> devices, MemorySegment handle) {
        super(Kind.CONTEXT, handle);
        this.devices = devices;
    }

    /**
     * A context of one or more devices of the same platform.
     *
     * @throws ClException if the platform refuses
     */
    public static Context create(Device... devices) {
        return create(List.of(devices));
    }

    /**
     * A context of one or more devices of the same platform.
     *
     * @throws ClException if the platform refuses
     */
    public static Context create(List<Device> devices) {
        if (devices.isEmpty()) {
            throw new IllegalArgumentException("A context needs at least one device");
        }
        Platform platform = devices.getFirst().platform();
        for (Device device : devices) {
            if (!device.platform().equals(platform)) {
                throw new IllegalArgumentException("The devices of a context must belong to one platform, but "
                        + devices.getFirst() + " and " + device + " do not");
            }
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment properties = arena.allocate(ValueLayout.JAVA_LONG, 3);
            properties.setAtIndex(ValueLayout.JAVA_LONG, 0, CL.CL_CONTEXT_PLATFORM());
            properties.setAtIndex(ValueLayout.JAVA_LONG, 1, platform.id().address());
            MemorySegment ids = deviceIds(arena, devices);
            MemorySegment handle = SignalGuard.keep(() -> Status.create(
                    "clCreateContext",
                    status -> CL.clCreateContext(
                            properties, devices.size(), ids, MemorySegment.NULL, MemorySegment.NULL, status)));
            return new Context(List.copyOf(devices), handle);
        }
    }

    /** The devices, in the order given. */
    public List<Device> devices() {
        return devices;
    }

    /** An in-order queue without profiling. */
    public Queue newQueue(Device device) {
        return SignalGuard.keep(() -> Queue.create(this, device, false));
    }

    /** An in-order queue whose events tell {@link Event#profile() when} their commands ran. */
    public Queue newProfilingQueue(Device device) {
        return SignalGuard.keep(() -> Queue.create(this, device, true));
    }

    /**
     * A buffer with undefined contents.
     *
     * @param bytes its size, more than 0
     * @param flags how it will be used; none means that kernels read and write it
     * @throws ClException if the device cannot hold it; some implementations notice only when it is first used
     */
    public Buffer newBuffer(long bytes, BufferFlag... flags) {
        return Buffer.create(this, bytes, flags);
    }

    /**
     * A buffer whose contents are a part of the host's memory and what is there now. A device that computes in the host's memory
     * uses it where it lies; elsewhere the driver copies. The host touches it again when the buffer is closed, or while a {@link
     * Queue#map mapping} of the buffer gives it back. Close the buffer when no command uses it any more; the memory is freed
     * after the last buffer in it, even if it was closed before.
     *
     * @param offset in bytes; a multiple of 4096 in memory that begins at a page suits all implementations
     * @param bytes the buffer's size, more than 0
     * @throws IndexOutOfBoundsException if it does not lie inside the memory
     * @throws ClException if the device refuses it
     */
    public Buffer newBuffer(HostMemory memory, long offset, long bytes) {
        return Buffer.over(this, memory, offset, bytes);
    }

    /**
     * Compiles a program for all devices of the context.
     *
     * @throws ClException with the compiler's log, if it does not compile
     */
    public Program build(String source, BuildOptions options) {
        return SignalGuard.keep(() -> Program.fromSource(this, source, options));
    }

    /**
     * Loads a program from what {@link Program#binaries()} gave on the same device, driver and options.
     *
     * @throws ClException if the device does not accept the binary
     */
    public Program load(Device device, byte[] binary, BuildOptions options) {
        return SignalGuard.keep(() -> Program.fromBinary(this, device, binary, options));
    }

    /**
     * From now on no wait for a command of this context takes longer than a limit: it ends with a {@link ClException} that {@link
     * ClException#isHang is a hang}. After that the context {@link #isLost is lost}: every call that concerns it fails in the same
     * way, and closing its objects frees nothing, as the driver may still be using it.
     *
     * @param patience nanoseconds that a wait that begins now may take; asked at each wait
     */
    public void limitWaits(LongSupplier patience) {
        watch = new Watch(patience);
    }

    /** Whether its driver has not answered in time. */
    public boolean isLost() {
        Watch present = watch;
        return present != null && present.lost() != null;
    }

    void requireAnswering() {
        Watch present = watch;
        ClException lost = present == null ? null : present.lost();
        if (lost != null) {
            throw lost;
        }
    }

    /** Whether waits have a limit. */
    boolean isWatched() {
        return watch != null;
    }

    /** Waits for an event. */
    void await(long event) {
        Watch present = watch;
        if (present != null) {
            present.await(event);
            return;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment list = arena.allocateFrom(ValueLayout.JAVA_LONG, event);
            Status.check(CL.clWaitForEvents(1, list), "clWaitForEvents");
        }
    }

    static MemorySegment deviceIds(Arena arena, List<Device> devices) {
        MemorySegment ids = arena.allocate(ValueLayout.ADDRESS, devices.size());
        for (int i = 0; i < devices.size(); i++) {
            ids.setAtIndex(ValueLayout.ADDRESS, i, devices.get(i).id());
        }
        return ids;
    }

    @Override
    Context owner() {
        return this;
    }

    @Override
    void release(MemorySegment released) {
        Watch present = watch;
        if (present != null) {
            present.close();
        }
        Status.check(CL.clReleaseContext(released), "clReleaseContext");
    }
}
