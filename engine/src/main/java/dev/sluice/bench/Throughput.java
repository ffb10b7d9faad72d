package dev.sluice.bench;

import dev.sluice.Model;
import dev.sluice.runtime.Sequence;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Measures tokens per second as llama-bench does: random tokens, an empty context (or one of a given depth), no
 * sampling; the logits of the last token are computed in each step. Unlike native code the JVM first has to compile, so
 * that repetitions run uncounted until two in a row agree.
 */
public final class Throughput {
    private static final double STEADY = 0.03;
    /** The JIT compiles in stages, so that two slow runs may agree before the last one. */
    private static final long LEAST_WARM_UP = 3_000_000_000L;

    private static final long MOST_WARM_UP = 15_000_000_000L;

    private final Model model;
    private final int[] tokens;

    public Throughput(Model model) {
        this.model = model;
        this.tokens = new Random(1)
                .ints(model.contextLength(), 0, model.graph().vocabulary())
                .toArray();
    }

    /**
     * Runs one test.
     *
     * @param repetitions how many are counted
     * @throws dev.sluice.error.SluiceException if the test does not fit the context
     */
    public ThroughputResult run(ThroughputTest test, int repetitions) {
        try (Sequence sequence = model.newSequence(1)) {
            prefill(sequence, 0, test.depth());
            int warmUps = warmUp(sequence, test);
            List<Long> samples = new ArrayList<>();
            for (int i = 0; i < repetitions; i++) {
                samples.add(once(sequence, test));
            }
            return new ThroughputResult(test, samples, warmUps);
        }
    }

    private int warmUp(Sequence sequence, ThroughputTest test) {
        long started = System.nanoTime();
        long previous = once(sequence, test);
        for (int runs = 1; ; runs++) {
            long current = once(sequence, test);
            boolean steady = Math.abs(current - previous) < STEADY * previous;
            long spent = System.nanoTime() - started;
            if ((steady && spent > LEAST_WARM_UP) || spent > MOST_WARM_UP) {
                return runs + 1;
            }
            previous = current;
        }
    }

    private long once(Sequence sequence, ThroughputTest test) {
        sequence.truncate(test.depth());
        long started = System.nanoTime();
        prefill(sequence, test.depth(), test.prompt());
        for (int i = 0; i < test.generated(); i++) {
            sequence.append(tokens, test.depth() + test.prompt() + i, 1, 1);
            // Reading the choice back is what makes the step finish, as it does when text is generated.
            sequence.bestToken();
        }
        return System.nanoTime() - started;
    }

    private void prefill(Sequence sequence, int from, int count) {
        int batch = model.batchTokens();
        for (int done = 0; done < count; done += batch) {
            int n = Math.min(batch, count - done);
            boolean last = done + n == count;
            sequence.append(tokens, from + done, n, last ? 1 : 0);
            if (last) {
                sequence.bestToken();
            }
        }
    }
}
