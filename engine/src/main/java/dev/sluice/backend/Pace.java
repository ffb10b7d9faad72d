package dev.sluice.backend;

/**
 * Which of two ways to take a step is faster at the moment. What is fastest on a quiet machine, such as work-groups that wait for
 * each other without sleeping, may be slowest on a busy one, so now and then the other way is tried for a few steps: often where
 * it wins, seldom where it loses. Not thread-safe.
 */
public final class Pace {
    private static final int TRIAL = 4;
    /** Soon at first: on a machine that is busy already the first way may be slower by far. */
    private static final int EARLY = 4;

    private static final int FIRST_INTERVAL = 32;
    private static final int LONGEST_INTERVAL = 1024;
    /** How much better the other way must be, twice running, for noise is not to decide. */
    private static final double CLEARLY = 0.97;
    /** So much better that once is enough: more than the memory of a machine that others use swings. */
    private static final double BY_FAR = 0.5;
    /** Weight of the newest step in the average of the way that is taken. */
    private static final double NEWEST = 0.1;

    /** Steps of a trial that say nothing. */
    private final int preparing;

    private boolean first = true;
    private int unmeasured;
    private double average = Double.NaN;
    private int interval = EARLY;
    /** Whether the other way was clearly better in the last trial. */
    private boolean wonBefore;

    private int sinceTrial;
    private int trialSteps;
    private long trialNanos;

    /** For ways that need no preparation but that the first step compiles. */
    public Pace() {
        this(0);
    }

    /** For ways that begin, whenever they are tried, with {@code preparing} steps that say nothing of their speed. */
    public Pace(int preparing) {
        this.preparing = preparing;
        unmeasured = 1 + preparing;
    }

    /** Whether the next step is to be taken the first way. */
    public boolean first() {
        return first != trying();
    }

    private boolean trying() {
        return sinceTrial >= interval;
    }

    /** Says how long a step took that was taken as {@link #first} said. */
    public void took(long nanos) {
        if (unmeasured > 0) {
            unmeasured--;
            return;
        }
        if (!trying()) {
            average = Double.isNaN(average) ? nanos : average + NEWEST * (nanos - average);
            sinceTrial++;
            unmeasured = trying() ? preparing : 0;
            return;
        }
        trialNanos += nanos;
        if (++trialSteps < TRIAL) {
            return;
        }
        double other = (double) trialNanos / TRIAL;
        boolean won = other < CLEARLY * average;
        boolean switches = won && (wonBefore || other < BY_FAR * average);
        wonBefore = won && !switches;
        if (switches) {
            first = !first;
            average = other;
            interval = FIRST_INTERVAL;
        } else if (won) {
            interval = EARLY;
        } else {
            interval = Math.clamp(2L * interval, FIRST_INTERVAL, LONGEST_INTERVAL);
        }
        sinceTrial = 0;
        trialSteps = 0;
        trialNanos = 0;
    }
}
