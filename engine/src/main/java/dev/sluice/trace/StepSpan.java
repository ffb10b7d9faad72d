package dev.sluice.trace;

import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;

/** A step: its tokens from the first layer to the result that the host reads. */
public final class StepSpan extends Span {
    /** A step of the calling thread. */
    public StepSpan() {
        super(Track.ofThisThread());
    }

    @Override
    SpanEvent newEvent() {
        return new Recorded();
    }

    /** Ends it. */
    public void stop(int tokens, int sequences, int position) {
        String phase = tokens == sequences ? "decode" : "prefill";
        if (end() instanceof Recorded event) {
            event.phase = phase;
            event.tokens = tokens;
            event.sequences = sequences;
            event.position = position;
            event.commit();
        }
        record(SpanKind.STEP, phase, tokens, position);
    }

    @Name("dev.sluice.Step")
    @Label("Step")
    @Description("Tokens of one or several sequences that were computed at once")
    @SuppressWarnings("UnusedVariable") // flight recordings read the fields
    static final class Recorded extends SpanEvent {
        @Label("Phase")
        @Description("prefill: a prompt is read; decode: a token of each sequence is generated")
        private String phase = "";

        @Label("Tokens")
        private int tokens;

        @Label("Sequences")
        private int sequences;

        @Label("Position")
        @Description("Of the first sequence's first token")
        private int position;
    }
}
