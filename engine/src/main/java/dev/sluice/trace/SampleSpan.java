package dev.sluice.trace;

import jdk.jfr.Label;
import jdk.jfr.Name;

/** A token is chosen from logits by the host. */
@Name("dev.sluice.Sample")
@Label("Sample")
@SuppressWarnings("UnusedVariable") // flight recordings read the fields
public final class SampleSpan extends Span {
    @Label("Id")
    private int id;

    /** Choices of the calling thread. */
    public SampleSpan() {
        super(Track.ofThisThread());
    }

    /** Ends it. */
    public void stop(int chosen) {
        end();
        if (shouldCommit()) {
            id = chosen;
            commit();
        }
        record(SpanKind.SAMPLE, "sample", chosen, 0);
    }
}
