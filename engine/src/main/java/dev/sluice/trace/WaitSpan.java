package dev.sluice.trace;

import jdk.jfr.Label;
import jdk.jfr.Name;

/** The host does nothing but wait for a device. */
@Name("dev.sluice.Wait")
@Label("Wait")
@SuppressWarnings("UnusedVariable") // flight recordings read the fields
public final class WaitSpan extends Span {
    /** Whoever asks for what is there already has not waited. */
    private static final long LEAST_NANOS = 10_000;

    @Label("Device")
    private final String device;

    @Label("What for")
    private String what = "";

    /** Waits for a device. */
    public WaitSpan(String device) {
        super(Track.of(device, Track.WAITS));
        this.device = device;
    }

    /** Ends it; {@code awaited}: what was waited for. */
    public void stop(String awaited) {
        end();
        if (shouldCommit()) {
            what = awaited;
            commit();
        }
        record(SpanKind.WAIT, awaited, 0, 0, LEAST_NANOS);
    }
}
