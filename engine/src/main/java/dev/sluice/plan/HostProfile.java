package dev.sluice.plan;

/**
 * What all devices of a machine share.
 *
 * @param memoryBytes host memory that may be used
 * @param readBytesPerSecond that all cores and copies together read from it
 * @param diskBytesPerSecond that a model file is read with when it is not in memory; 0 if models must fit into memory
 */
public record HostProfile(long memoryBytes, double readBytesPerSecond, double diskBytesPerSecond) {
    public HostProfile {
        Checks.positive("memory_bytes", memoryBytes);
        Checks.positive("read_bytes_per_second", readBytesPerSecond);
        Checks.notNegative("disk_bytes_per_second", diskBytesPerSecond);
    }
}
