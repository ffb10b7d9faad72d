package dev.sluice.backend;

import java.util.List;

/**
 * What a device did while its launches were recorded.
 *
 * @param kernels the longest first
 * @param steps how many steps were run
 * @param hostNanos how long the host was busy handing them over, waiting excluded
 */
public record LaunchProfile(List<Kernel> kernels, long steps, long hostNanos) {
    public LaunchProfile {
        kernels = List.copyOf(kernels);
    }

    /**
     * All launches of one kernel.
     *
     * @param name the operation, and the weight format where it has one
     * @param launches how many there were
     * @param nanos how long the device worked on them, by its own clock
     */
    public record Kernel(String name, long launches, long nanos) {}

    /** Launches of all kernels. */
    public long launches() {
        return kernels.stream().mapToLong(Kernel::launches).sum();
    }

    /** How long the device worked, by its own clock. */
    public long nanos() {
        return kernels.stream().mapToLong(Kernel::nanos).sum();
    }
}
