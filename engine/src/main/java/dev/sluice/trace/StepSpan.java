package dev.sluice.trace;

import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;

/** A step: its tokens from the first layer to the result that the host reads. */
@Name("dev.sluice.Step")
@Label("Step")
@Description("Tokens of one or several sequences that were computed at once")
@SuppressWarnings("UnusedVariable") // flight recordings read the fields
public final class StepSpan extends Span {
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

    /** A step of the calling thread. */
    public StepSpan() {
        super(Track.ofThisThread());
    }

    /** Ends it. */
    public void stop(int tokensOfAll, int parts, int firstPosition) {
        end();
        String what = tokensOfAll == parts ? "decode" : "prefill";
        if (shouldCommit()) {
            phase = what;
            tokens = tokensOfAll;
            sequences = parts;
            position = firstPosition;
            commit();
        }
        record(SpanKind.STEP, what, tokensOfAll, firstPosition);
    }
}
