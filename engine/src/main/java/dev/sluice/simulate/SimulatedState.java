package dev.sluice.simulate;

import dev.sluice.backend.LayerState;

/** A KV cache of a simulated device. */
final class SimulatedState implements LayerState {
    private final SimulatedDevice device;
    private final LayerState real;
    private boolean closed;

    SimulatedState(SimulatedDevice device, LayerState real) {
        this.device = device;
        this.real = real;
    }

    boolean belongsTo(SimulatedDevice other) {
        return device == other;
    }

    LayerState real() {
        return real;
    }

    @Override
    public int capacity() {
        return real.capacity();
    }

    @Override
    public long bytes() {
        return real.bytes();
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            long bytes = real.bytes();
            device.close(this, real::close, () -> device.account().giveBack(bytes));
        }
    }
}
