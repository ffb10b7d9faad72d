package dev.sluice.runtime;

import java.util.Arrays;

/** Choices of a {@link Sampler} from logits that the host reads. */
final class SampledTokens implements TokenSource {
    private final Sequence sequence;
    private final Sampler sampler;
    private final float[] logits;
    private final int[] appended = new int[1];
    private int[] history;
    private int length;

    SampledTokens(Sequence sequence, Sampling sampling, int[] prompt, int vocabulary) {
        this.sequence = sequence;
        sampler = new Sampler(sampling);
        logits = new float[vocabulary];
        history = prompt.clone();
        length = prompt.length;
    }

    @Override
    public int first() {
        sequence.logits(0, logits);
        int id = sampler.choose(logits, history, length);
        if (length == history.length) {
            history = Arrays.copyOf(history, Math.max(16, 2 * length));
        }
        history[length++] = id;
        return id;
    }

    @Override
    public int after(int chosen) {
        appended[0] = chosen;
        sequence.append(appended, 0, 1, 1);
        return first();
    }
}
