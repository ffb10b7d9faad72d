package dev.sluice.cli;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.OptionalDouble;

/** How long a start takes, by stages, from the launcher's first line to the first token. */
final class StartTimes {
    /** Microseconds since 1970, set by the launcher; without it a process cannot tell when it was started. */
    private static final String STARTED = "sluice.started";

    private static final double MILLISECOND = 1e6;

    private final long created = System.nanoTime();
    private final long launched;
    private long loading = created;
    private long loaded = created;
    private long generating = created;
    private long firstToken = created;

    /** Made when the program's own code begins to work. */
    StartTimes() {
        launched = launched(System.getProperty(STARTED, ""), Instant.now(), created);
    }

    /** The launcher's start on the scale of {@link System#nanoTime()}; {@code now} if it is not known. */
    static long launched(String micros, Instant wall, long now) {
        if (micros.isEmpty() || !micros.chars().allMatch(Character::isDigit) || micros.length() > 18) {
            return now;
        }
        long age = ChronoUnit.MICROS.between(Instant.EPOCH, wall) - Long.parseLong(micros);
        return age < 0 ? now : now - 1000 * age; // a clock that was set back tells nothing
    }

    void loading() {
        loading = System.nanoTime();
    }

    void loaded() {
        loaded = System.nanoTime();
    }

    void generating() {
        generating = System.nanoTime();
    }

    /** @param nanosAgo how long ago the first token was there */
    void firstToken(long nanosAgo) {
        firstToken = System.nanoTime() - nanosAgo;
    }

    double loadMillis() {
        return (loaded - loading) / MILLISECOND;
    }

    /** From the launcher's start to the first token; empty if the launcher did not tell its time. */
    OptionalDouble millis() {
        return launched == created ? OptionalDouble.empty() : OptionalDouble.of((firstToken - launched) / MILLISECOND);
    }

    /** The stages as a line for people. */
    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "start   first token after %.0f ms: launcher and JVM %.0f, command line %.0f, model %.0f, session %.0f,"
                        + " prompt %.0f",
                (firstToken - launched) / MILLISECOND,
                (created - launched) / MILLISECOND,
                (loading - created) / MILLISECOND,
                loadMillis(),
                (generating - loaded) / MILLISECOND,
                (firstToken - generating) / MILLISECOND);
    }
}
