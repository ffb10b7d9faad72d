package dev.sluice.backend;

import dev.sluice.error.SluiceException;

/** How long a device may take to answer before it counts as failed. */
public final class Patience {
    private static final double SECONDS = 60;

    private Patience() {}

    /**
     * The user's limit: the system property {@code sluice.patience.seconds} or the variable {@code SLUICE_PATIENCE_SECONDS};
     * else a minute, beside what the work may take.
     *
     * @throws SluiceException if it is no number above 0
     */
    public static long nanos() {
        String chosen = System.getProperty("sluice.patience.seconds", System.getenv("SLUICE_PATIENCE_SECONDS"));
        if (chosen == null || chosen.isBlank()) {
            return nanos(SECONDS);
        }
        double seconds;
        try {
            seconds = Double.parseDouble(chosen);
        } catch (NumberFormatException e) {
            throw wrong(chosen);
        }
        if (!(seconds > 0) || seconds > 1e9) {
            throw wrong(chosen);
        }
        return nanos(seconds);
    }

    private static long nanos(double seconds) {
        return Math.round(1e9 * seconds);
    }

    private static SluiceException wrong(String chosen) {
        return new SluiceException("SLUICE_PATIENCE_SECONDS must be a number above 0, not '" + chosen + "'");
    }
}
