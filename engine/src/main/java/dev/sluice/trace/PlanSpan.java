package dev.sluice.trace;

import jdk.jfr.Label;
import jdk.jfr.Name;

/** It is decided which layers go where. */
public final class PlanSpan extends Span {
    /** A plan that the calling thread makes. */
    public PlanSpan() {
        super(Track.ofThisThread());
    }

    @Override
    SpanEvent newEvent() {
        return new Recorded();
    }

    /** Ends it. */
    public void stop(int layers, int devices) {
        if (end() instanceof Recorded event) {
            event.layers = layers;
            event.devices = devices;
            event.commit();
        }
        record(SpanKind.PLAN, "plan", layers, 0);
    }

    @Name("dev.sluice.Plan")
    @Label("Plan")
    @SuppressWarnings("UnusedVariable") // flight recordings read the fields
    static final class Recorded extends SpanEvent {
        @Label("Layers")
        private int layers;

        @Label("Devices")
        private int devices;
    }
}
