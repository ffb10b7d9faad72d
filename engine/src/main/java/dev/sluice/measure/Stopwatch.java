package dev.sluice.measure;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleSupplier;

/**
 * Times several kinds of runs in turn, pass by pass: while the JVM compiles, or somebody else has the processor, runs are
 * slow, and that says nothing of the device. Of each kind the median of the passes counts.
 *
 * @param windowNanos that a kind runs in one pass, at least; the median of those runs counts
 * @param rounds the same in runs
 * @param passes that count; one more comes before
 * @param between runs before each pass
 */
record Stopwatch(long windowNanos, int rounds, int passes, Runnable between) {
    Stopwatch(long windowNanos, int rounds, int passes) {
        this(windowNanos, rounds, passes, () -> {});
    }

    Stopwatch withBetween(Runnable value) {
        return new Stopwatch(windowNanos, rounds, passes, value);
    }

    /** Seconds of a run, which takes them itself. */
    double seconds(DoubleSupplier run) {
        return seconds(List.of(run))[0];
    }

    /** Seconds of a run of each kind. */
    double[] seconds(List<DoubleSupplier> kinds) {
        List<DoubleSupplier> windows = new ArrayList<>();
        for (DoubleSupplier run : kinds) {
            boolean first = windows.isEmpty();
            windows.add(() -> {
                if (first) {
                    between.run();
                }
                return window(run);
            });
        }
        return Samples.interleaved(passes + 1, windows).stream()
                .mapToDouble(all -> Samples.median(Arrays.copyOfRange(all, 1, all.length)))
                .toArray();
    }

    private double window(DoubleSupplier run) {
        List<Double> samples = new ArrayList<>();
        double total = 0;
        while (samples.size() < rounds || total < 1e-9 * windowNanos) {
            double taken = run.getAsDouble();
            samples.add(taken);
            total += taken;
        }
        return Samples.median(samples.stream().mapToDouble(Double::doubleValue).toArray());
    }

    /** Runs once at least. */
    static void warm(DoubleSupplier run, long nanos) {
        long started = System.nanoTime();
        double ran = 0;
        do {
            ran += run.getAsDouble();
        } while (System.nanoTime() - started < nanos || ran == 0);
    }
}
