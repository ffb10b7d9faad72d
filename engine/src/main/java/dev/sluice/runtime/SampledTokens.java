package dev.sluice.runtime;

import dev.sluice.trace.SampleSpan;
import java.util.Arrays;

/** Choices of a {@link Sampler} from logits that the host reads. */
final class SampledTokens implements TokenSource {
    private final Sequence sequence;
    private final Sampler sampler;
    private final SampleSpan sample = new SampleSpan();
    private final float[] logits;
    private final int[] appended = new int[1];
    private final int[] history;
    private int length;

    SampledTokens(Sequence sequence, Sampling sampling, int[] prompt, int vocabulary) {
        this.sequence = sequence;
        sampler = new Sampler(sampling);
        logits = new float[vocabulary];
        // What the sequence can hold, the choice that does not go in any more, and so nothing to make in between.
        history = Arrays.copyOf(prompt, Math.max(prompt.length, sequence.capacity()) + 1);
        length = prompt.length;
    }

    @Override
    public int first() {
        sequence.logits(0, logits);
        sample.start();
        int id = sampler.choose(logits, history, length);
        sample.stop(id);
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
