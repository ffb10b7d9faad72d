package dev.sluice.bench;

import java.util.function.LongSupplier;

/**
 * Repetitions before those that count, while the JVM compiles: until the compilers have fallen silent and two
 * repetitions in a row agree.
 *
 * @param repetitions how many there were
 * @param nanos how long they took
 * @param jitNanos how long the compilers worked meanwhile
 */
public record WarmUp(int repetitions, long nanos, long jitNanos) {
    /** No repetition at all. */
    static final WarmUp NONE = new WarmUp(0, 0, 0);

    /** Two repetitions that differ by less than this share agree. */
    private static final double STEADY = 0.03;
    /** Compilers that work less than this share of the time have fallen silent: somebody's helper methods remain. */
    private static final double SILENT = 0.02;
    /** A compilation counts when it is over, so that silence means something only after the longest of them. */
    private static final long WINDOW = 1_000_000_000L;
    /** So long a silence ends it too: what still differs is the machine's own unrest. */
    private static final int ENOUGH_WINDOWS = 3;

    private static final long MOST = 15_000_000_000L;

    /**
     * Warms up.
     *
     * @param repetition runs once and returns how many nanoseconds it took
     */
    static WarmUp run(LongSupplier repetition) {
        return run(repetition, System::nanoTime, JitClock::nanos);
    }

    static WarmUp run(LongSupplier repetition, LongSupplier clock, LongSupplier jit) {
        long started = clock.getAsLong();
        long jitStarted = jit.getAsLong();
        long windowStarted = started;
        long windowJit = jitStarted;
        int silentWindows = 0;
        long previous = repetition.getAsLong();
        for (int done = 2; ; done++) {
            long current = repetition.getAsLong();
            boolean steady = Math.abs(current - previous) < STEADY * previous;
            previous = current;
            long now = clock.getAsLong();
            boolean enough = now - started > MOST;
            if (now - windowStarted >= WINDOW) {
                boolean silent = jit.getAsLong() - windowJit < SILENT * (now - windowStarted);
                silentWindows = silent ? silentWindows + 1 : 0;
                enough |= silent && (steady || silentWindows >= ENOUGH_WINDOWS);
                windowStarted = now;
                windowJit = jit.getAsLong();
            }
            if (enough) {
                return new WarmUp(done, now - started, jit.getAsLong() - jitStarted);
            }
        }
    }
}
