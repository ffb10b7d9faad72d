package dev.sluice.trace;

import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;

/** Layers that are handed to a device; where the device is the CPU they are computed meanwhile. */
@Name("dev.sluice.Layers")
@Label("Layers")
@Description("Layers that were handed to a device; the CPU has computed them by the end, other devices go on")
@SuppressWarnings("UnusedVariable") // flight recordings read the fields
public final class LayersSpan extends Span {
    @Label("Device")
    private final String device;

    @Label("Layers")
    private final String layers;

    @Label("Tokens")
    private int tokens;

    @Label("Position")
    private int position;

    private final transient String name;

    /** Layers that the calling thread hands over. */
    public LayersSpan(String device, String layers) {
        super(Track.ofThisThread());
        this.device = device;
        this.layers = layers;
        name = layers + " to " + device;
    }

    /** Ends it. */
    public void stop(int tokensOfAll, int firstPosition) {
        end();
        if (shouldCommit()) {
            tokens = tokensOfAll;
            position = firstPosition;
            commit();
        }
        record(SpanKind.SUBMIT, name, tokensOfAll, firstPosition);
    }
}
