package dev.sluice.opencl;

import dev.sluice.opencl.ffi.CL;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * Devices of one platform that share buffers and programs. Thread-safe. Close what was made from a context before the
 * context itself.
 */
public final class Context extends NativeHandle {
    private final List<Device> devices;

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

    static MemorySegment deviceIds(Arena arena, List<Device> devices) {
        MemorySegment ids = arena.allocate(ValueLayout.ADDRESS, devices.size());
        for (int i = 0; i < devices.size(); i++) {
            ids.setAtIndex(ValueLayout.ADDRESS, i, devices.get(i).id());
        }
        return ids;
    }

    @Override
    void release(MemorySegment released) {
        Status.check(CL.clReleaseContext(released), "clReleaseContext");
    }
}
