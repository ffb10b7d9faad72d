package dev.sluice.runtime;

import java.util.List;

/**
 * What a generation is to do.
 *
 * @param maxTokens the most tokens to generate; −1 goes on until the model ends or the context is full
 * @param sampling how tokens are chosen
 * @param stops strings that end the text; they are not part of it
 * @param ignoreEnd go on past the model's end-of-text tokens
 * @param progress hears how much of the prompt has been read
 */
public record GenerateOptions(
        int maxTokens, Sampling sampling, List<String> stops, boolean ignoreEnd, Progress progress) {
    /** 256 tokens at most, {@link Sampling#DEFAULT}. */
    public static final GenerateOptions DEFAULT =
            new GenerateOptions(256, Sampling.DEFAULT, List.of(), false, Progress.NONE);

    public GenerateOptions {
        if (maxTokens < -1) {
            throw new IllegalArgumentException("maxTokens must be -1 or more, not " + maxTokens);
        }
        stops = List.copyOf(stops);
        if (stops.contains("")) {
            throw new IllegalArgumentException("a stop string must not be empty");
        }
    }

    public GenerateOptions withMaxTokens(int value) {
        return new GenerateOptions(value, sampling, stops, ignoreEnd, progress);
    }

    public GenerateOptions withSampling(Sampling value) {
        return new GenerateOptions(maxTokens, value, stops, ignoreEnd, progress);
    }

    public GenerateOptions withStops(List<String> value) {
        return new GenerateOptions(maxTokens, sampling, value, ignoreEnd, progress);
    }

    public GenerateOptions withIgnoreEnd(boolean value) {
        return new GenerateOptions(maxTokens, sampling, stops, value, progress);
    }

    public GenerateOptions withProgress(Progress value) {
        return new GenerateOptions(maxTokens, sampling, stops, ignoreEnd, value);
    }
}
