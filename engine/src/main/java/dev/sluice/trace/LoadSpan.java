package dev.sluice.trace;

import jdk.jfr.DataAmount;
import jdk.jfr.Label;
import jdk.jfr.Name;

/** Layers are made ready on a device: weights read, packed and brought there, kernels compiled. */
@Name("dev.sluice.Load")
@Label("Load")
@SuppressWarnings("UnusedVariable") // flight recordings read the fields
public final class LoadSpan extends Span {
    @Label("Device")
    private final String device;

    @Label("Layers")
    private int layers;

    @Label("Size")
    @DataAmount
    private long bytes;

    /** Layers of a device. */
    public LoadSpan(String device) {
        super(Track.of(device, Track.LOADING));
        this.device = device;
    }

    /** Ends it; {@code size}: bytes of weights that the device holds for so many layers. */
    public void stop(int count, long size) {
        end();
        if (shouldCommit()) {
            layers = count;
            bytes = size;
            commit();
        }
        record(SpanKind.LOAD, "load", count, size);
    }
}
