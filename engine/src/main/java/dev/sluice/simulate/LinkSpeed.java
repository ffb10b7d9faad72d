package dev.sluice.simulate;

/**
 * How fast bytes cross to a simulated device and back. The directions do not disturb each other.
 *
 * @param bytesPerSecond of weights that stream to the device
 * @param pageableBytesPerSecond of what comes from ordinary memory: ids and activations
 * @param toHostBytesPerSecond of what is read back
 * @param latencySeconds that each copy takes beside
 */
public record LinkSpeed(
        double bytesPerSecond, double pageableBytesPerSecond, double toHostBytesPerSecond, double latencySeconds) {
    public LinkSpeed {
        if (!(bytesPerSecond > 0)
                || !(pageableBytesPerSecond > 0)
                || !(toHostBytesPerSecond > 0)
                || !(latencySeconds >= 0)) {
            throw new IllegalArgumentException(bytesPerSecond + ", " + pageableBytesPerSecond + ", "
                    + toHostBytesPerSecond + " bytes a second, " + latencySeconds + " s");
        }
    }

    /** The same speed for everything. */
    public static LinkSpeed of(double bytesPerSecond, double latencySeconds) {
        return new LinkSpeed(bytesPerSecond, bytesPerSecond, bytesPerSecond, latencySeconds);
    }

    long streamedNanos(long bytes) {
        return nanos(bytes, bytesPerSecond);
    }

    long writtenNanos(long bytes) {
        return nanos(bytes, pageableBytesPerSecond);
    }

    long readNanos(long bytes) {
        return nanos(bytes, toHostBytesPerSecond);
    }

    private long nanos(long bytes, double rate) {
        return Math.round(1e9 * (latencySeconds + bytes / rate));
    }
}
