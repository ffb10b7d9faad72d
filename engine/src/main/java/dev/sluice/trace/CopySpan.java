package dev.sluice.trace;

import jdk.jfr.DataAmount;
import jdk.jfr.Label;
import jdk.jfr.Name;

/** Bytes that go between host and device while the host waits. */
public final class CopySpan extends Span {
    private final String device;

    /** Copies to and from a device. */
    public CopySpan(String device) {
        super(Track.of(device, Track.COPIES));
        this.device = device;
    }

    @Override
    SpanEvent newEvent() {
        Recorded event = new Recorded();
        event.device = device;
        return event;
    }

    /** Ends it; {@code what}: ids, activations, logits, weights. */
    public void stop(String what, long bytes) {
        if (end() instanceof Recorded event) {
            event.what = what;
            event.bytes = bytes;
            event.commit();
        }
        record(SpanKind.COPY, what, bytes, 0);
    }

    @Name("dev.sluice.Copy")
    @Label("Copy")
    @SuppressWarnings("UnusedVariable") // flight recordings read the fields
    static final class Recorded extends SpanEvent {
        @Label("Device")
        private String device = "";

        @Label("What")
        private String what = "";

        @Label("Size")
        @DataAmount
        private long bytes;
    }
}
