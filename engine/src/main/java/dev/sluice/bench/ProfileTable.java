package dev.sluice.bench;

import dev.sluice.backend.LaunchProfile;
import java.util.Locale;

/** What a device launched during one repetition of a test, as text: a line for each kernel, the longest first. */
public final class ProfileTable {
    private ProfileTable() {}

    /**
     * Renders a profile.
     *
     * @param wallNanos how long the repetition took, recording included
     */
    public static String of(ThroughputTest test, LaunchProfile profile, long wallNanos) {
        StringBuilder text = new StringBuilder();
        long steps = Math.max(1, profile.steps());
        text.append(String.format(
                Locale.ROOT,
                "%s: %d steps, %.1f launches and %.2f ms of kernels a step, %.2f ms in all; the host works %.2f ms of it"
                        + " (%.0f %%)%n",
                test.label(),
                profile.steps(),
                (double) profile.launches() / steps,
                1e-6 * profile.nanos() / steps,
                1e-6 * wallNanos / steps,
                1e-6 * profile.hostNanos() / steps,
                100.0 * profile.hostNanos() / Math.max(1, wallNanos)));
        text.append(
                String.format("  %-24s %10s %10s %10s %6s%n", "kernel", "launches", "µs each", "ms a step", "share"));
        for (LaunchProfile.Kernel kernel : profile.kernels()) {
            text.append(String.format(
                    Locale.ROOT,
                    "  %-24s %10.1f %10.1f %10.3f %5.1f%%%n",
                    kernel.name(),
                    (double) kernel.launches() / steps,
                    1e-3 * kernel.nanos() / kernel.launches(),
                    1e-6 * kernel.nanos() / steps,
                    100.0 * kernel.nanos() / Math.max(1, profile.nanos())));
        }
        return text.toString();
    }
}
