package dev.sluice.bench;

import dev.sluice.Model;
import dev.sluice.error.SluiceException;
import dev.sluice.runtime.Sequence;
import dev.sluice.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.List;

/**
 * How well a model foresees a text: e to the mean negative log-likelihood of its tokens, as llama-perplexity takes it.
 * The text is cut into chunks of one context each, what is left over is dropped. Each chunk stands for itself; its first
 * token is replaced by the begin token if the vocabulary asks for one. The tokens of the second half are scored, all but
 * the first of them, so that each is foreseen from half a context at least.
 */
public final class Perplexity {
    /** The least context: shorter chunks would score next to nothing. */
    public static final int LEAST_CONTEXT = 8;

    /** Logits kept on the device at a time. */
    private static final long MOST_LOGITS = 16L << 20;
    /** Below this difference to the largest logit a share vanishes in the sum. */
    private static final float NOTHING = -60;

    /** Hears how the measurement goes on. */
    @FunctionalInterface
    public interface Listener {
        /**
         * A chunk has been evaluated.
         *
         * @param done how many are
         * @param total how many there will be
         * @param perplexity of all tokens scored so far
         */
        void evaluated(int done, int total, double perplexity);
    }

    private final Model model;
    private final int context;
    private final float[] logits;
    private double sum;
    private double squares;
    private int scored;

    /**
     * A measurement of one model.
     *
     * @param context tokens of a chunk, at least {@link #LEAST_CONTEXT}; the model must have been loaded for as many
     */
    public Perplexity(Model model, int context) {
        if (context < LEAST_CONTEXT || context > model.contextLength()) {
            throw new IllegalArgumentException("context " + context + " of " + model.contextLength());
        }
        this.model = model;
        this.context = context;
        logits = new float[model.graph().vocabulary()];
    }

    /**
     * Measures a text.
     *
     * @param mostChunks how many chunks are evaluated at most; −1 for all
     * @param listener hears of each chunk
     * @throws SluiceException if the text has fewer than two chunks, or the model has no vocabulary
     */
    public PerplexityResult of(String text, int mostChunks, Listener listener) {
        Tokenizer tokenizer = model.tokenizer();
        int[] tokens = tokenizer.withBos(tokenizer.encode(text, false));
        int[] begin = tokenizer.withBos(new int[0]);
        if (tokens.length < 2 * context) {
            throw new SluiceException("the text has " + tokens.length + " tokens, and two chunks of " + context
                    + " are the least: take a longer text or a smaller --ctx");
        }
        int all = tokens.length / context;
        int chunks = mostChunks < 0 ? all : Math.min(mostChunks, all);
        List<Double> running = new ArrayList<>(chunks);
        long started = System.nanoTime();
        int rows = Math.clamp(MOST_LOGITS / logits.length, 1, Math.min(context, model.batchTokens()));
        try (Sequence sequence = model.newSequence(rows)) {
            for (int chunk = 0; chunk < chunks; chunk++) {
                int from = chunk * context;
                System.arraycopy(begin, 0, tokens, from, begin.length);
                evaluate(sequence, tokens, from, rows);
                running.add(Math.exp(sum / scored));
                listener.evaluated(chunk + 1, chunks, running.getLast());
            }
        }
        return result(running, System.nanoTime() - started);
    }

    private void evaluate(Sequence sequence, int[] tokens, int from, int rows) {
        sequence.truncate(0);
        int half = context / 2;
        int end = context - 1; // the last token foresees none of this chunk
        for (int done = 0; done < end; ) {
            int count = Math.min(Math.min(model.batchTokens(), Math.max(0, half - done) + rows), end - done);
            int outputs = Math.clamp(done + count - half, 0, count);
            sequence.append(tokens, from + done, count, outputs);
            done += count;
            for (int row = 0; row < outputs; row++) {
                sequence.logits(row, logits);
                score(logSoftmax(logits, tokens[from + done - outputs + row + 1]));
            }
        }
    }

    private void score(double logLikelihood) {
        sum -= logLikelihood;
        squares += logLikelihood * logLikelihood;
        scored++;
    }

    static double logSoftmax(float[] logits, int token) {
        float largest = Float.NEGATIVE_INFINITY;
        for (float logit : logits) {
            largest = Math.max(largest, logit);
        }
        double sum = 0;
        for (float logit : logits) {
            float below = logit - largest;
            if (below > NOTHING) {
                sum += Math.exp(below);
            }
        }
        return logits[token] - largest - Math.log(sum);
    }

    private PerplexityResult result(List<Double> running, long nanos) {
        double mean = sum / scored;
        double variance = Math.max(0, squares / scored - mean * mean);
        double error = Math.exp(mean) * Math.sqrt(variance / (scored - 1));
        return new PerplexityResult(Math.exp(mean), error, context, scored, running, nanos);
    }
}
