package dev.sluice.trace;

import jdk.jfr.DataAmount;
import jdk.jfr.Label;
import jdk.jfr.Name;

/** Layers are made ready on a device: weights read, packed and brought there, kernels compiled. */
public final class LoadSpan extends Span {
    private final String device;

    /** Layers of a device. */
    public LoadSpan(String device) {
        super(Track.of(device, Track.LOADING));
        this.device = device;
    }

    @Override
    SpanEvent newEvent() {
        Recorded event = new Recorded();
        event.device = device;
        return event;
    }

    /** Ends it; {@code bytes}: of weights that the device holds for so many layers. */
    public void stop(int layers, long bytes) {
        if (end() instanceof Recorded event) {
            event.layers = layers;
            event.bytes = bytes;
            event.commit();
        }
        record(SpanKind.LOAD, "load", layers, bytes);
    }

    @Name("dev.sluice.Load")
    @Label("Load")
    @SuppressWarnings("UnusedVariable") // flight recordings read the fields
    static final class Recorded extends SpanEvent {
        @Label("Device")
        private String device = "";

        @Label("Layers")
        private int layers;

        @Label("Size")
        @DataAmount
        private long bytes;
    }
}
