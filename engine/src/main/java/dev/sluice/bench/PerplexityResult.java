package dev.sluice.bench;

import java.util.List;

/**
 * A model's perplexity on a text.
 *
 * @param perplexity of all scored tokens
 * @param error its standard error, from the spread of the tokens' log-likelihoods
 * @param context tokens of a chunk
 * @param scored tokens that count
 * @param running the perplexity after each chunk
 * @param nanos how long the evaluation took
 */
public record PerplexityResult(
        double perplexity, double error, int context, int scored, List<Double> running, long nanos) {
    public PerplexityResult {
        running = List.copyOf(running);
    }

    /** How many chunks were evaluated. */
    public int chunks() {
        return running.size();
    }

    /** Tokens of the chunks per second, scored or not. */
    public double rate() {
        return 1e9 * context * chunks() / nanos;
    }
}
