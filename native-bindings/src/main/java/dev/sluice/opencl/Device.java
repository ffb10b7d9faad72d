package dev.sluice.opencl;

import java.lang.foreign.MemorySegment;

/** A device of a {@link Platform}. Devices need no closing; two objects for the same device are equal. */
public final class Device {
    private final Platform platform;
    private final MemorySegment id;
    private final DeviceInfo info;

    Device(Platform platform, MemorySegment id) {
        this.platform = platform;
        this.id = id;
        this.info = DeviceQuery.info(id);
    }

    /** The platform that the device belongs to. */
    public Platform platform() {
        return platform;
    }

    /** What the device can do; read once. */
    public DeviceInfo info() {
        return info;
    }

    MemorySegment id() {
        return id;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Device device && device.id.equals(id);
    }

    @Override
    public int hashCode() {
        return id.hashCode();
    }

    @Override
    public String toString() {
        return info.name() + " (" + platform + ")";
    }
}
