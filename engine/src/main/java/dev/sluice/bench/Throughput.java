package dev.sluice.bench;

import dev.sluice.Model;
import dev.sluice.runtime.Sequence;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Measures tokens per second as llama-bench does: random tokens, an empty context (or one of a given depth), no
 * sampling; the logits of the last token are computed in each step.
 */
public final class Throughput {
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
     * @param warm whether uncounted repetitions run first, until the JVM has compiled
     * @param repetitions how many are counted
     * @throws dev.sluice.error.SluiceException if the test does not fit the context
     */
    public ThroughputResult run(ThroughputTest test, boolean warm, int repetitions) {
        Instant started = Instant.now();
        List<ThroughputTest.Piece> prompt = test.promptPieces(model.batchTokens());
        try (Sequence sequence = model.newSequence(1)) {
            read(sequence, test.depthPieces(model.batchTokens()));
            WarmUp warmUp = warm ? WarmUp.run(() -> once(sequence, test, prompt)) : WarmUp.NONE;
            long jit = JitClock.nanos();
            List<Long> samples = new ArrayList<>(repetitions);
            for (int i = 0; i < repetitions; i++) {
                samples.add(once(sequence, test, prompt));
            }
            return new ThroughputResult(test, started, samples, warmUp, JitClock.nanos() - jit);
        }
    }

    private long once(Sequence sequence, ThroughputTest test, List<ThroughputTest.Piece> prompt) {
        sequence.truncate(test.depth());
        long started = System.nanoTime();
        read(sequence, prompt);
        for (int i = 0; i < test.generated(); i++) {
            sequence.append(tokens, test.depth() + test.prompt() + i, 1, 1);
            // Reading the choice back is what makes the step finish, as it does when text is generated.
            sequence.bestToken();
        }
        return System.nanoTime() - started;
    }

    private void read(Sequence sequence, List<ThroughputTest.Piece> pieces) {
        for (ThroughputTest.Piece piece : pieces) {
            sequence.append(tokens, piece.position(), piece.tokens(), piece.last() ? 1 : 0);
            if (piece.last()) {
                sequence.bestToken();
            }
        }
    }
}
