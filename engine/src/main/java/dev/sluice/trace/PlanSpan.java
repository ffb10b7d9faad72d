package dev.sluice.trace;

import jdk.jfr.Label;
import jdk.jfr.Name;

/** It is decided which layers go where. */
@Name("dev.sluice.Plan")
@Label("Plan")
@SuppressWarnings("UnusedVariable") // flight recordings read the fields
public final class PlanSpan extends Span {
    @Label("Layers")
    private int layers;

    @Label("Devices")
    private int devices;

    /** A plan that the calling thread makes. */
    public PlanSpan() {
        super(Track.ofThisThread());
    }

    /** Ends it. */
    public void stop(int layerCount, int deviceCount) {
        end();
        if (shouldCommit()) {
            layers = layerCount;
            devices = deviceCount;
            commit();
        }
        record(SpanKind.PLAN, "plan", layerCount, 0);
    }
}
