package dev.sluice.bench;

import java.time.Instant;
import java.util.Arrays;
import java.util.List;

/**
 * The times of one test.
 *
 * @param test what was measured
 * @param started when
 * @param samplesNanos time of each counted repetition
 * @param warmUp what ran before them and was not counted
 * @param jitNanos how long the JVM's compilers worked during the counted repetitions: about 0 after a good warm-up
 */
public record ThroughputResult(
        ThroughputTest test, Instant started, List<Long> samplesNanos, WarmUp warmUp, long jitNanos) {
    public ThroughputResult {
        samplesNanos = List.copyOf(samplesNanos);
    }

    /** Tokens per second of each repetition. */
    public double[] rates() {
        return samplesNanos.stream().mapToDouble(ns -> test.tokens() * 1e9 / ns).toArray();
    }

    /** Mean of the repetitions' times. */
    public double averageNanos() {
        return mean(nanos());
    }

    /** Standard deviation of the repetitions' times. */
    public double deviationNanos() {
        return deviation(nanos());
    }

    /** Mean of the repetitions' tokens per second. */
    public double averageRate() {
        return mean(rates());
    }

    /** Standard deviation of the repetitions' tokens per second. */
    public double deviationRate() {
        return deviation(rates());
    }

    private double[] nanos() {
        return samplesNanos.stream().mapToDouble(Long::doubleValue).toArray();
    }

    private static double mean(double[] values) {
        return Arrays.stream(values).average().orElse(0);
    }

    private static double deviation(double[] values) {
        if (values.length < 2) {
            return 0;
        }
        double mean = mean(values);
        double squares = Arrays.stream(values).map(v -> (v - mean) * (v - mean)).sum();
        return Math.sqrt(squares / (values.length - 1));
    }
}
