package dev.sluice.conformance;

import dev.sluice.Model;
import dev.sluice.runtime.Sequence;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What another engine computed for a model: the ids it was given, the logits at each of them, and the ids that it went
 * on with when always taking the largest logit.
 */
final class Reference {
    private final int[] tokens;
    private final int[] greedy;
    private final float[][] logits;

    private Reference(int[] tokens, int[] greedy, float[][] logits) {
        this.tokens = tokens;
        this.greedy = greedy;
        this.logits = logits;
    }

    int[] tokens() {
        return tokens;
    }

    int[] greedy() {
        return greedy;
    }

    /** [tokens][vocabulary]. */
    float[][] logits() {
        return logits;
    }

    /** The reference beside a model file. */
    static Reference of(Path model) throws IOException {
        return read(Path.of(model.toString().replaceFirst("\\.gguf$", ".ref")));
    }

    /** Reads a file: three counts (tokens, vocabulary, greedy), ids, greedy ids, logits [tokens][vocabulary]. */
    private static Reference read(Path file) throws IOException {
        ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        int[] tokens = new int[in.getInt()];
        float[][] logits = new float[tokens.length][in.getInt()];
        int[] greedy = new int[in.getInt()];
        in.asIntBuffer().get(tokens).get(greedy);
        in.position(in.position() + 4 * (tokens.length + greedy.length));
        for (float[] row : logits) {
            in.asFloatBuffer().get(row);
            in.position(in.position() + 4 * row.length);
        }
        return new Reference(tokens, greedy, logits);
    }

    /**
     * The mean square error of all logits against the reference, as a share of the reference's variance. NaN if any
     * logit is not a number.
     */
    double nmse(float[][] actual) {
        double mean = 0;
        int count = 0;
        for (float[] row : logits) {
            for (float value : row) {
                mean += value;
                count++;
            }
        }
        mean /= count;
        double error = 0;
        double variance = 0;
        for (int t = 0; t < logits.length; t++) {
            for (int i = 0; i < logits[t].length; i++) {
                double difference = actual[t][i] - logits[t][i];
                error += difference * difference;
                variance += (logits[t][i] - mean) * (logits[t][i] - mean);
            }
        }
        return error / variance;
    }

    /** Logits at every token, the tokens given in chunks of a size. */
    static float[][] logits(Model model, int[] tokens, int chunk) {
        float[][] all = new float[tokens.length][model.graph().vocabulary()];
        try (Sequence sequence = model.newSequence(chunk)) {
            for (int from = 0; from < tokens.length; from += chunk) {
                int count = Math.min(chunk, tokens.length - from);
                sequence.append(tokens, from, count, count);
                for (int i = 0; i < count; i++) {
                    sequence.logits(i, all[from + i]);
                }
            }
        }
        return all;
    }
}
