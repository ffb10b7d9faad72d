package dev.sluice.bench;

import java.util.Optional;

/**
 * One test's result beside the work that it takes and what the memory can give.
 *
 * @param result the times
 * @param work what one repetition has to read and to compute
 * @param bandwidth the memory's read bandwidth before and after the test; empty on a device whose memory the CPU does
 *     not read
 */
public record Measurement(ThroughputResult result, Work work, Optional<ReadBandwidth.Sample> bandwidth) {
    /** What was measured. */
    public ThroughputTest test() {
        return result.test();
    }

    /** Gigabytes per second that the engine moved, at the least. */
    public double gigabytesPerSecond() {
        return work.bytes() / result.averageNanos();
    }

    /** Gigaflops per second. */
    public double gigaflopsPerSecond() {
        return work.flops() / result.averageNanos();
    }

    /** Bytes per token. */
    public double bytesPerToken() {
        return work.bytes() / test().tokens();
    }

    /** The share of the best measured bandwidth, in percent. */
    public Optional<Double> bandwidthPercent() {
        return bandwidth.map(b -> 100 * gigabytesPerSecond() * 1e9 / b.best());
    }
}
