package dev.sluice.cli;

import dev.sluice.runtime.Sampling;
import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How tokens are chosen. */
final class SamplingOptions {
    @Option(
            names = "--temperature",
            paramLabel = "T",
            description = "0 always takes the most probable token (default: ${DEFAULT-VALUE}).",
            defaultValue = "0.8")
    private float temperature;

    @Option(
            names = "--top-k",
            paramLabel = "K",
            description = "Choose among the K most probable, 0: all (default: ${DEFAULT-VALUE}).",
            defaultValue = "40")
    private int topK;

    @Option(
            names = "--top-p",
            paramLabel = "P",
            description = "Choose among those that make up P of the probability (default: ${DEFAULT-VALUE}).",
            defaultValue = "0.95")
    private float topP;

    @Option(
            names = "--min-p",
            paramLabel = "P",
            description = "Choose among those at least P times as probable as the best (default: ${DEFAULT-VALUE}).",
            defaultValue = "0.05")
    private float minP;

    @Option(
            names = "--repeat-penalty",
            paramLabel = "R",
            description = "Make tokens seen lately less probable, 1: not (default: ${DEFAULT-VALUE}).",
            defaultValue = "1")
    private float repeatPenalty;

    @Option(
            names = "--repeat-window",
            paramLabel = "N",
            description = "How many tokens are lately (default: ${DEFAULT-VALUE}).",
            defaultValue = "64")
    private int repeatWindow;

    @Option(names = "--seed", paramLabel = "N", description = "Same seed, same text (default: another each time).")
    private @Nullable Long seed;

    /** @throws UsageException naming the option that is out of range */
    Sampling sampling() {
        long chosen = seed == null ? ThreadLocalRandom.current().nextInt(Integer.MAX_VALUE) : seed;
        try {
            return new Sampling(temperature, topK, topP, minP, repeatPenalty, repeatWindow, chosen);
        } catch (IllegalArgumentException e) {
            throw new UsageException(optionNamed(String.valueOf(e.getMessage())), e);
        }
    }

    /** The library speaks of {@code topK}, the user wrote {@code --top-k}. */
    private static String optionNamed(String message) {
        int end = message.indexOf(' ');
        String name = message.substring(0, end).replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
        return "--" + name + message.substring(end);
    }
}
