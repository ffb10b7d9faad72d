package dev.sluice.bench;

import dev.sluice.Model;
import dev.sluice.error.SluiceException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * Measures tokens per second as llama-bench does, and of several sequences as llama-batched-bench does: random tokens, an
 * empty context (or one of a given depth), no sampling; each step that gives a next token computes its logits.
 */
public final class Throughput {
    private final Model model;

    public Throughput(Model model) {
        this.model = model;
    }

    /**
     * Runs one test.
     *
     * @param warm whether uncounted repetitions run first, until the JVM has compiled
     * @param repetitions how many are counted
     * @throws SluiceException if a step cannot hold so many sequences, or the device has no room for them
     */
    public ThroughputResult run(ThroughputTest test, boolean warm, int repetitions) {
        if (test.sequences() > model.stepTokens()) {
            throw new SluiceException(test.sequences() + " sequences at once are too many: a step has room for "
                    + model.stepTokens() + " tokens");
        }
        Instant started = Instant.now();
        try (Contestants contestants = new Contestants(model, test)) {
            contestants.reachDepth();
            WarmUp warmUp = warm ? WarmUp.run(contestants::run) : WarmUp.NONE;
            long jit = JitClock.nanos();
            List<Long> samples = new ArrayList<>(repetitions);
            for (int i = 0; i < repetitions; i++) {
                samples.add(contestants.run());
            }
            return new ThroughputResult(test, started, samples, warmUp, JitClock.nanos() - jit);
        }
    }
}
