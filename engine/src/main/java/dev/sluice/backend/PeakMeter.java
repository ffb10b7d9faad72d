package dev.sluice.backend;

/**
 * Measures what a device reaches at best, with kernels that do nothing else: the yardstick for kernels that do something
 * useful. Each method takes one sample of some ten milliseconds, so that samples can be interleaved with what they are
 * compared with; on a machine that others use too, single ones scatter.
 *
 * <p>Not thread-safe. It holds device memory until it is closed.
 */
public interface PeakMeter extends AutoCloseable {
    /** Bytes per second that a kernel reads from memory, far more of it than caches hold. */
    double readBytesPerSecond();

    /** Bytes per second that a copying kernel reads and writes, both counted. */
    double copyBytesPerSecond();

    /** Floating-point operations per second in f32; a multiplication with its addition is two. */
    double flopsPerSecond();

    /** Seconds that each of many launches takes which wait in the queue together. */
    double launchSeconds();

    /** Seconds from a launch into an idle queue until the host knows that it is done. */
    double roundTripSeconds();

    /** Bytes per second of copies between host and device. */
    DevicePeaks.Transfers transfers();

    @Override
    void close();
}
