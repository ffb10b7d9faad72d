package dev.sluice.runtime;

/**
 * How the next token is chosen from the logits. In this order: logits of tokens seen lately are made less likely, the
 * {@code topK} largest are kept, of these the most probable until {@code topP} of the probability is reached (Holtzman
 * et al. 2020), of these those at least {@code minP} times as probable as the best (Nguyen et al. 2024); one is drawn
 * from the rest at the temperature. Probabilities in the filters are those at temperature 1.
 *
 * @param temperature 0 always takes the most probable token
 * @param topK 0 keeps all
 * @param topP 1 keeps all
 * @param minP 0 keeps all
 * @param repeatPenalty logits of seen tokens are divided (or, if negative, multiplied) by it (Keskar et al. 2019); 1
 *     changes nothing
 * @param repeatWindow how many of the last tokens count as seen
 * @param seed the same seed gives the same choices
 */
public record Sampling(
        float temperature, int topK, float topP, float minP, float repeatPenalty, int repeatWindow, long seed) {
    /** Always the most probable token. */
    public static final Sampling GREEDY = new Sampling(0f, 0, 1f, 0f, 1f, 64, 0);

    /** The usual choice for text: temperature 0.8, top 40, top 95 %, at least 5 % as probable as the best. */
    public static final Sampling DEFAULT = new Sampling(0.8f, 40, 0.95f, 0.05f, 1f, 64, 0);

    public Sampling {
        require(temperature >= 0 && temperature < 1e6f, "temperature", temperature, "0 or more");
        require(topK >= 0, "topK", topK, "0 or more");
        require(topP > 0 && topP <= 1, "topP", topP, "above 0 and at most 1");
        require(minP >= 0 && minP < 1, "minP", minP, "at least 0 and below 1");
        require(repeatPenalty > 0 && repeatPenalty < 1e6f, "repeatPenalty", repeatPenalty, "above 0");
        require(repeatWindow >= 0, "repeatWindow", repeatWindow, "0 or more");
    }

    /** Whether the choice depends on nothing but which logit is the largest. */
    public boolean isPlainGreedy() {
        return temperature == 0 && (repeatPenalty == 1 || repeatWindow == 0);
    }

    public Sampling withTemperature(float value) {
        return new Sampling(value, topK, topP, minP, repeatPenalty, repeatWindow, seed);
    }

    public Sampling withTopK(int value) {
        return new Sampling(temperature, value, topP, minP, repeatPenalty, repeatWindow, seed);
    }

    public Sampling withTopP(float value) {
        return new Sampling(temperature, topK, value, minP, repeatPenalty, repeatWindow, seed);
    }

    public Sampling withMinP(float value) {
        return new Sampling(temperature, topK, topP, value, repeatPenalty, repeatWindow, seed);
    }

    public Sampling withRepeatPenalty(float value, int window) {
        return new Sampling(temperature, topK, topP, minP, value, window, seed);
    }

    public Sampling withSeed(long value) {
        return new Sampling(temperature, topK, topP, minP, repeatPenalty, repeatWindow, value);
    }

    private static void require(boolean holds, String name, Number value, String range) {
        if (!holds) {
            throw new IllegalArgumentException(name + " must be " + range + ", not " + value);
        }
    }
}
