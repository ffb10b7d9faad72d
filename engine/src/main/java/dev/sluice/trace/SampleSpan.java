package dev.sluice.trace;

import jdk.jfr.Label;
import jdk.jfr.Name;

/** A token is chosen from logits by the host. */
public final class SampleSpan extends Span {
    /** Choices of the calling thread. */
    public SampleSpan() {
        super(Track.ofThisThread());
    }

    @Override
    SpanEvent newEvent() {
        return new Recorded();
    }

    /** Ends it. */
    public void stop(int id) {
        if (end() instanceof Recorded event) {
            event.id = id;
            event.commit();
        }
        record(SpanKind.SAMPLE, "sample", id, 0);
    }

    @Name("dev.sluice.Sample")
    @Label("Sample")
    @SuppressWarnings("UnusedVariable") // flight recordings read the fields
    static final class Recorded extends SpanEvent {
        @Label("Id")
        private int id;
    }
}
