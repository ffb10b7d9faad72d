package dev.sluice.plan;

/**
 * What takes most of a step's time.
 *
 * @param kind what is short
 * @param device id of the device that it belongs to, {@code host} for what all share
 * @param share of the step's time, 0 to 1
 */
public record Bottleneck(Kind kind, String device, double share) {
    /** What can be short. */
    public enum Kind {
        /** The device reads its weights and KV caches no faster. */
        MEMORY,
        /** The device multiplies no faster. */
        ARITHMETIC,
        /** Weights come no faster over the link. */
        LINK,
        /** Copies and devices that share the host's memory read no more from it. */
        HOST_MEMORY,
        /** The file is read no faster. */
        DISK,
        /** Starting work and handing it on. */
        LATENCY
    }

    /** By name, for people. */
    public String text() {
        return switch (kind) {
            case MEMORY -> "memory bandwidth of " + device;
            case ARITHMETIC -> "arithmetic of " + device;
            case LINK -> "link from the host to " + device;
            case HOST_MEMORY -> "the host's memory bandwidth";
            case DISK -> "the disk";
            case LATENCY -> "launches and hops, most on " + device;
        };
    }
}
