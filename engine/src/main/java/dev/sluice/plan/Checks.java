package dev.sluice.plan;

import dev.sluice.error.SluiceException;

/** What the values of profiles and shapes must be; the messages name the field as files write it. */
final class Checks {
    private Checks() {}

    static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new SluiceException(otherwise);
        }
    }

    static void positive(String field, double value) {
        require(value > 0 && Double.isFinite(value), field + " must be more than 0, not " + plain(value));
    }

    static void positive(String field, long value) {
        require(value > 0, field + " must be more than 0, not " + value);
    }

    static void notNegative(String field, long value) {
        require(value >= 0, field + " must be 0 or more, not " + value);
    }

    static void notNegative(String field, double value) {
        require(value >= 0 && Double.isFinite(value), field + " must be 0 or more, not " + plain(value));
    }

    private static String plain(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15
                ? Long.toString((long) value)
                : Double.toString(value);
    }
}
