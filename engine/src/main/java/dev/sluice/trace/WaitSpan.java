package dev.sluice.trace;

import jdk.jfr.Label;
import jdk.jfr.Name;

/** The host does nothing but wait for a device. */
public final class WaitSpan extends Span {
    /** Whoever asks for what is there already has not waited. */
    private static final long LEAST_NANOS = 10_000;

    private final String device;

    /** Waits for a device. */
    public WaitSpan(String device) {
        super(Track.of(device, Track.WAITS));
        this.device = device;
    }

    @Override
    SpanEvent newEvent() {
        Recorded event = new Recorded();
        event.device = device;
        return event;
    }

    /** Ends it; {@code what}: what was waited for. */
    public void stop(String what) {
        if (end() instanceof Recorded event) {
            event.what = what;
            event.commit();
        }
        record(SpanKind.WAIT, what, 0, 0, LEAST_NANOS);
    }

    @Name("dev.sluice.Wait")
    @Label("Wait")
    @SuppressWarnings("UnusedVariable") // flight recordings read the fields
    static final class Recorded extends SpanEvent {
        @Label("Device")
        private String device = "";

        @Label("What for")
        private String what = "";
    }
}
