package dev.sluice.trace;

import jdk.jfr.DataAmount;
import jdk.jfr.Label;
import jdk.jfr.Name;

/** Bytes that go between host and device while the host waits. */
@Name("dev.sluice.Copy")
@Label("Copy")
@SuppressWarnings("UnusedVariable") // flight recordings read the fields
public final class CopySpan extends Span {
    @Label("Device")
    private final String device;

    @Label("What")
    private String what = "";

    @Label("Size")
    @DataAmount
    private long bytes;

    /** Copies to and from a device. */
    public CopySpan(String device) {
        super(Track.of(device, Track.COPIES));
        this.device = device;
    }

    /** Ends it; {@code content}: ids, activations, logits, weights. */
    public void stop(String content, long size) {
        end();
        if (shouldCommit()) {
            what = content;
            bytes = size;
            commit();
        }
        record(SpanKind.COPY, content, size, 0);
    }
}
