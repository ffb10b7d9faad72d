package dev.sluice.backend;

/**
 * How a device is to be used.
 *
 * @param threads worker threads on the CPU; 0 lets the backend choose (other devices ignore it)
 * @param batchTokens the most tokens that one step will hold, which sizes the scratch memory
 * @param precision how exactly products are computed; devices that know but one way ignore it
 * @param cpuKernels which code computes on the CPU (other devices ignore it)
 * @param memoryLimit bytes of the device's memory that may be taken; 0: all that there is (the CPU, whose memory others count,
 *     ignores it)
 */
public record DeviceOptions(
        int threads, int batchTokens, Precision precision, CpuKernels cpuKernels, long memoryLimit) {
    public DeviceOptions {
        if (threads < 0 || batchTokens <= 0 || memoryLimit < 0) {
            throw new IllegalArgumentException(
                    "threads " + threads + ", batchTokens " + batchTokens + ", memoryLimit " + memoryLimit);
        }
    }

    /** Options that take all the memory there is. */
    public DeviceOptions(int threads, int batchTokens, Precision precision, CpuKernels cpuKernels) {
        this(threads, batchTokens, precision, cpuKernels, 0);
    }

    /** Options that leave precision and code to the backend. */
    public DeviceOptions(int threads, int batchTokens) {
        this(threads, batchTokens, Precision.AUTO, CpuKernels.AUTO);
    }
}
