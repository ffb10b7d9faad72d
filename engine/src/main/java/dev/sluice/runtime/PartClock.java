package dev.sluice.runtime;

/** How long the micro-batches of a step keep each device, as the host sees it. Used by one thread at a time. */
final class PartClock {
    /** When a micro-batch was given to a part, by its place in the ring. */
    private final long[][] begun;
    /** When the one before was seen to be done. */
    private final long[] before;

    PartClock(int parts, int ring) {
        begun = new long[parts][ring];
        before = new long[parts];
    }

    /** A part is given a micro-batch. */
    void begin(int part, int number) {
        begun[part][number % begun[part].length] = System.nanoTime();
    }

    /** It is done with it. Returns nanoseconds since it was given it, or since it was done with the one before if that is less. */
    long done(int part, int number) {
        long now = System.nanoTime();
        long nanos = now - Math.max(before[part], begun[part][number % begun[part].length]);
        before[part] = now;
        return nanos;
    }
}
