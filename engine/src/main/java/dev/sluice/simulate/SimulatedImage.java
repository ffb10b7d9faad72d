package dev.sluice.simulate;

import dev.sluice.backend.WeightImage;
import java.lang.foreign.MemorySegment;

/** Host memory that streamed weights come from. */
final class SimulatedImage implements WeightImage {
    private final SimulatedDevice device;
    private final WeightImage real;
    private boolean closed;

    SimulatedImage(SimulatedDevice device, WeightImage real) {
        this.device = device;
        this.real = real;
    }

    boolean belongsTo(SimulatedDevice other) {
        return device == other;
    }

    WeightImage real() {
        return real;
    }

    @Override
    public MemorySegment segment() {
        return real.segment();
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            device.close(this, real::close, () -> {});
        }
    }
}
