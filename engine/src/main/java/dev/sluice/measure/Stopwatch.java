package dev.sluice.measure;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleSupplier;

/**
 * Times several kinds of runs in turn, pass by pass: while the JVM compiles, or somebody else has the processor, runs are
 * slow, and that says nothing of the device. Of each kind the median of the passes counts. Within a pass it is the mean: what
 * makes one run in ten slow makes one token in ten slow when a model decodes, too.
 *
 * @param windowNanos that a kind runs in one pass, at least; the mean of those runs counts
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
        int runs = 0;
        double total = 0;
        while (runs < rounds || total < 1e-9 * windowNanos) {
            total += run.getAsDouble();
            runs++;
        }
        return total / runs;
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
