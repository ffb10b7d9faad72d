package dev.sluice.runtime;

import java.util.List;

/**
 * A finished generation.
 *
 * @param text what was generated, without the prompt and without the stop string
 * @param tokens ids generated, an end token included
 * @param promptTokens tokens of the prompt that were read for it
 * @param finishReason why it ended
 * @param timings how long it took
 */
public record Generation(
        String text, List<Integer> tokens, int promptTokens, FinishReason finishReason, Timings timings) {
    public Generation {
        tokens = List.copyOf(tokens);
    }

    /** Why a generation ended. */
    public enum FinishReason {
        /** The model ended its text. */
        END,
        /** A stop string was generated. */
        STOP,
        /** The most tokens asked for were generated. */
        LENGTH,
        /** The context is full. */
        CONTEXT,
        /** Cancelled. */
        CANCELLED
    }

    /**
     * Times in nanoseconds.
     *
     * @param prefill reading the prompt, until the first token is chosen
     * @param decode from the first token to the last
     */
    public record Timings(long prefill, long decode) {}

    /** Tokens of the prompt read per second. */
    public double prefillRate() {
        return rate(promptTokens, timings.prefill());
    }

    /** Tokens per second after the first. */
    public double decodeRate() {
        return rate(tokens.size() - 1, timings.decode());
    }

    private static double rate(int count, long nanos) {
        return count <= 0 || nanos <= 0 ? 0 : count * 1e9 / nanos;
    }
}
