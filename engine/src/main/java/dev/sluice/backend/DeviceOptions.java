package dev.sluice.backend;

/**
 * How a device is to be used.
 *
 * @param threads worker threads on the CPU; 0 lets the backend choose (other devices ignore it)
 * @param batchTokens the most tokens that one step will hold, which sizes the scratch memory
 */
public record DeviceOptions(int threads, int batchTokens) {
    public DeviceOptions {
        if (threads < 0 || batchTokens <= 0) {
            throw new IllegalArgumentException("threads " + threads + ", batchTokens " + batchTokens);
        }
    }
}
