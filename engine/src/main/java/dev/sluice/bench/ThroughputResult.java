package dev.sluice.bench;

import java.util.Arrays;
import java.util.List;

/**
 * The times of one test.
 *
 * @param test what was measured
 * @param samplesNanos time of each counted repetition
 * @param warmUps repetitions before them that were not counted, while the JVM compiled
 */
public record ThroughputResult(ThroughputTest test, List<Long> samplesNanos, int warmUps) {
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
