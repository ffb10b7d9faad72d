package dev.sluice.plan;

/**
 * What all devices of a machine share.
 *
 * @param memoryBytes host memory that may be used
 * @param readBytesPerSecond that all cores and copies together read from it
 * @param diskBytesPerSecond that a model file is read with when it is not in memory; 0 if models must fit into memory
 * @param cachedBytesPerSecond that a model file is read with out of the system's page cache; 0 if that was not measured
 */
public record HostProfile(
        long memoryBytes, double readBytesPerSecond, double diskBytesPerSecond, double cachedBytesPerSecond) {
    public HostProfile {
        Checks.positive("memory_bytes", memoryBytes);
        Checks.positive("read_bytes_per_second", readBytesPerSecond);
        Checks.notNegative("disk_bytes_per_second", diskBytesPerSecond);
        Checks.notNegative("cached_bytes_per_second", cachedBytesPerSecond);
    }

    /** A host whose page cache was not measured. */
    public HostProfile(long memoryBytes, double readBytesPerSecond, double diskBytesPerSecond) {
        this(memoryBytes, readBytesPerSecond, diskBytesPerSecond, 0);
    }

    /** The same with what was measured of the disk before, where this has nothing. */
    public HostProfile after(HostProfile earlier) {
        return cachedBytesPerSecond > 0
                ? this
                : new HostProfile(
                        memoryBytes, readBytesPerSecond, earlier.diskBytesPerSecond, earlier.cachedBytesPerSecond);
    }
}
