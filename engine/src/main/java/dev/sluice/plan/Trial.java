package dev.sluice.plan;

import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * How fast devices decoded with a model, each alone with all of it, timed in turn. Where predictions are too close to tell two devices
 * apart, this does.
 *
 * @param sequences a token of each in every step
 * @param depth tokens in the context of each, on average
 * @param tokensPerSecond of all sequences together, by the ids of the devices
 */
public record Trial(int sequences, int depth, Map<String, Double> tokensPerSecond) {
    /** A trial of nothing. */
    public static final Trial NONE = new Trial(1, 0, Map.of());

    public Trial {
        tokensPerSecond = Map.copyOf(tokensPerSecond);
        Checks.positive("sequences", sequences);
        Checks.notNegative("depth", depth);
        tokensPerSecond.forEach((id, rate) -> Checks.positive(id, rate));
    }

    /** The speeds for people, the highest first; nothing if there are not two at least. */
    public String text() {
        return tokensPerSecond.size() < 2
                ? ""
                : tokensPerSecond.entrySet().stream()
                        .sorted(Map.Entry.<String, Double>comparingByValue().reversed())
                        .map(entry -> String.format(Locale.ROOT, "%s %.1f", entry.getKey(), entry.getValue()))
                        .collect(Collectors.joining(", ", "tried with this model: ", " tokens/s"));
    }
}
