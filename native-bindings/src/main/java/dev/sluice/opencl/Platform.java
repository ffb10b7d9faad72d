package dev.sluice.opencl;

import dev.sluice.opencl.ffi.CL;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** One vendor's implementation of OpenCL. Platforms need no closing; two objects for the same platform are equal. */
public final class Platform {
    private final MemorySegment id;
    private final PlatformInfo info;

    private Platform(MemorySegment id) {
        this.id = id;
        Info query = new Info(
                "clGetPlatformInfo",
                (parameter, size, value, returned) -> CL.clGetPlatformInfo(id, parameter, size, value, returned));
        this.info = new PlatformInfo(
                query.string(CL.CL_PLATFORM_NAME()),
                query.string(CL.CL_PLATFORM_VENDOR()),
                query.string(CL.CL_PLATFORM_VERSION()));
    }

    static List<Platform> all() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment count = arena.allocate(CL.C_INT);
            int status = CL.clGetPlatformIDs(0, MemorySegment.NULL, count);
            if (status == CL.CL_PLATFORM_NOT_FOUND_KHR()) {
                return List.of();
            }
            Status.check(status, "clGetPlatformIDs");
            int platforms = count.get(ValueLayout.JAVA_INT, 0);
            if (platforms == 0) {
                return List.of();
            }
            MemorySegment ids = arena.allocate(ValueLayout.ADDRESS, platforms);
            Status.check(CL.clGetPlatformIDs(platforms, ids, MemorySegment.NULL), "clGetPlatformIDs");
            List<Platform> all = new ArrayList<>();
            for (int i = 0; i < platforms; i++) {
                all.add(new Platform(ids.getAtIndex(ValueLayout.ADDRESS, i)));
            }
            return List.copyOf(all);
        }
    }

    /** Name, vendor and version. */
    public PlatformInfo info() {
        return info;
    }

    /**
     * The platform's devices of every type that are available now; empty if there is none.
     *
     * @throws ClException if the platform fails
     */
    public List<Device> devices() {
        return SignalGuard.keep(this::findDevices);
    }

    private List<Device> findDevices() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment count = arena.allocate(CL.C_INT);
            long every = Integer.toUnsignedLong(CL.CL_DEVICE_TYPE_ALL());
            int status = CL.clGetDeviceIDs(id, every, 0, MemorySegment.NULL, count);
            if (status == CL.CL_DEVICE_NOT_FOUND()) {
                return List.of();
            }
            Status.check(status, "clGetDeviceIDs");
            int devices = count.get(ValueLayout.JAVA_INT, 0);
            if (devices == 0) {
                return List.of();
            }
            MemorySegment ids = arena.allocate(ValueLayout.ADDRESS, devices);
            Status.check(CL.clGetDeviceIDs(id, every, devices, ids, MemorySegment.NULL), "clGetDeviceIDs");
            List<Device> available = new ArrayList<>();
            for (int i = 0; i < devices; i++) {
                MemorySegment device = ids.getAtIndex(ValueLayout.ADDRESS, i);
                if (DeviceQuery.of(device).bool(CL.CL_DEVICE_AVAILABLE())) {
                    available.add(new Device(this, device));
                }
            }
            return List.copyOf(available);
        }
    }

    MemorySegment id() {
        return id;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Platform platform && platform.id.equals(id);
    }

    @Override
    public int hashCode() {
        return id.hashCode();
    }

    @Override
    public String toString() {
        return info.name();
    }
}
