package dev.sluice.bench;

import dev.sluice.Model;
import dev.sluice.runtime.Batch;
import dev.sluice.runtime.GreedyRun;
import dev.sluice.runtime.Sequence;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** The sequences of one test, and the batch that they run in. */
final class Contestants implements AutoCloseable {
    private final ThroughputTest test;
    private final Batch batch;
    private final List<Sequence> sequences = new ArrayList<>();
    private final List<List<ThroughputTest.Part>> depth;
    private final List<List<ThroughputTest.Part>> prompt;
    /** Sequence s reads from token s on, so that no two read the same. */
    private final int[] tokens;

    Contestants(Model model, ThroughputTest test) {
        this.test = test;
        depth = test.depthSteps(model.promptTokens());
        prompt = test.promptSteps(model.promptTokens());
        tokens = new Random(1)
                .ints(test.context() + test.sequences(), 0, model.graph().vocabulary())
                .toArray();
        batch = model.newBatch(test.sequences());
        try {
            for (int i = 0; i < test.sequences(); i++) {
                sequences.add(model.newSequence(batch, test.context()));
            }
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /** Fills the contexts up to where the clock starts. */
    void reachDepth() {
        read(depth);
    }

    /** One repetition; returns how many nanoseconds it took. */
    long run() {
        for (Sequence sequence : sequences) {
            sequence.truncate(test.depth());
        }
        long started = System.nanoTime();
        read(prompt);
        int from = test.depth() + test.prompt();
        if (test.sequences() == 1) {
            generateOne(from);
        } else {
            for (int i = 0; i < test.generated(); i++) {
                generate(from + i);
            }
        }
        return System.nanoTime() - started;
    }

    private void read(List<List<ThroughputTest.Part>> steps) {
        for (List<ThroughputTest.Part> step : steps) {
            batch.clear();
            int chosen = -1;
            for (ThroughputTest.Part part : step) {
                int number = batch.add(
                        sequences.get(part.sequence()),
                        tokens,
                        part.sequence() + part.position(),
                        part.tokens(),
                        part.last() ? 1 : 0);
                chosen = part.last() ? number : chosen;
            }
            batch.run();
            if (chosen >= 0) {
                // Reading the choice back is what makes the step finish, as it does when text is generated.
                batch.bestToken(chosen);
            }
        }
    }

    /** As text is generated without sampling. */
    private void generateOne(int position) {
        if (test.generated() == 0) {
            return;
        }
        try (GreedyRun run = sequences.getFirst().greedy(tokens[position], test.generated())) {
            for (int i = 0; i < test.generated(); i++) {
                run.next();
            }
        }
    }

    private void generate(int position) {
        batch.clear();
        for (int i = 0; i < sequences.size(); i++) {
            batch.add(sequences.get(i), tokens, i + position, 1, 1);
        }
        batch.run();
        batch.bestToken(0); // of all sequences at once
    }

    @Override
    public void close() {
        sequences.forEach(Sequence::close);
        batch.close();
    }
}
