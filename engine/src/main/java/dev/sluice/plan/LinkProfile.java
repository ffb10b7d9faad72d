package dev.sluice.plan;

/**
 * How fast bytes come from host memory to a device and back, per second.
 *
 * @param pinned from pinned memory, nothing else running
 * @param pinnedComputing from pinned memory while the device computes
 * @param pageable from ordinary memory
 * @param mapped from a mapped file that is in the page cache
 * @param toHost back to the host
 */
public record LinkProfile(double pinned, double pinnedComputing, double pageable, double mapped, double toHost) {
    public LinkProfile {
        Checks.positive("pinned_bytes_per_second", pinned);
        Checks.positive("pinned_computing_bytes_per_second", pinnedComputing);
        Checks.positive("pageable_bytes_per_second", pageable);
        Checks.positive("mapped_bytes_per_second", mapped);
        Checks.positive("to_host_bytes_per_second", toHost);
    }

    /** A link that is as fast from everywhere, in both directions, whatever else runs. */
    public static LinkProfile of(double bytesPerSecond) {
        return new LinkProfile(bytesPerSecond, bytesPerSecond, bytesPerSecond, bytesPerSecond, bytesPerSecond);
    }

    /** The same with all rates multiplied. */
    LinkProfile times(double factor) {
        return new LinkProfile(
                pinned * factor, pinnedComputing * factor, pageable * factor, mapped * factor, toHost * factor);
    }
}
