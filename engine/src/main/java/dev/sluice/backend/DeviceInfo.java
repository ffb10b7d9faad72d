package dev.sluice.backend;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What is known of a device before it is opened.
 *
 * @param id how a user names it: {@code cpu}, {@code opencl:0}
 * @param backend the backend's name
 * @param kind what it is made of: an OpenCL runtime on the CPU is a {@link Kind#CPU}
 * @param name the device's own name
 * @param platform the driver or runtime it comes through
 * @param memoryBytes memory that the device reports
 * @param maxAllocationBytes the largest single allocation
 * @param details further facts for people, in order: driver version, compute units, extensions of interest, …
 */
public record DeviceInfo(
        String id,
        String backend,
        Kind kind,
        String name,
        String platform,
        long memoryBytes,
        long maxAllocationBytes,
        Map<String, String> details) {
    /** What a device is made of. */
    public enum Kind {
        CPU,
        GPU,
        ACCELERATOR
    }

    public DeviceInfo {
        details = Collections.unmodifiableMap(new LinkedHashMap<>(details));
    }
}
