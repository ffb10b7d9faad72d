package dev.sluice.runtime;

import org.jspecify.annotations.Nullable;

/** Always the largest logit, chosen on the device. */
final class GreedyTokens implements TokenSource {
    private final Sequence sequence;
    private final int most;
    private @Nullable GreedyRun run;

    /** {@code most}: how many tokens will be appended at most. */
    GreedyTokens(Sequence sequence, int most) {
        this.sequence = sequence;
        this.most = most;
    }

    @Override
    public int first() {
        return sequence.bestToken();
    }

    @Override
    public int after(int chosen) {
        GreedyRun present = run;
        if (present == null) {
            present = sequence.greedy(chosen, most);
            run = present;
        }
        return present.next();
    }

    @Override
    public void close() {
        if (run != null) {
            run.close();
        }
    }
}
