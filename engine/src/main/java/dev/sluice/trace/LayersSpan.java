package dev.sluice.trace;

import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;

/** Layers that are handed to a device; where the device is the CPU they are computed meanwhile. */
public final class LayersSpan extends Span {
    private final String device;
    private final String layers;
    private final String name;

    /** Layers that the calling thread hands over. */
    public LayersSpan(String device, String layers) {
        super(Track.ofThisThread());
        this.device = device;
        this.layers = layers;
        name = layers + " to " + device;
    }

    @Override
    SpanEvent newEvent() {
        Recorded event = new Recorded();
        event.device = device;
        event.layers = layers;
        return event;
    }

    /** Ends it. */
    public void stop(int tokens, int position) {
        if (end() instanceof Recorded event) {
            event.tokens = tokens;
            event.position = position;
            event.commit();
        }
        record(SpanKind.SUBMIT, name, tokens, position);
    }

    @Name("dev.sluice.Layers")
    @Label("Layers")
    @Description("Layers that were handed to a device; the CPU has computed them by the end, other devices go on")
    @SuppressWarnings("UnusedVariable") // flight recordings read the fields
    static final class Recorded extends SpanEvent {
        @Label("Device")
        private String device = "";

        @Label("Layers")
        private String layers = "";

        @Label("Tokens")
        private int tokens;

        @Label("Position")
        private int position;
    }
}
