package dev.sluice.simulate;

import dev.sluice.backend.CompiledLayer;
import dev.sluice.backend.DeviceMemory;
import dev.sluice.backend.Fence;
import dev.sluice.backend.LayerState;
import dev.sluice.backend.Step;
import dev.sluice.graph.Layer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A layer that a real device computes for a simulated one. */
class SimulatedLayer implements CompiledLayer {
    private final SimulatedDevice device;
    private final CompiledLayer real;
    private final long counted;
    private boolean closed;

    /** {@code counted}: bytes that the account was charged with. */
    SimulatedLayer(SimulatedDevice device, CompiledLayer real, long counted) {
        this.device = device;
        this.real = real;
        this.counted = counted;
    }

    SimulatedDevice device() {
        return device;
    }

    CompiledLayer real() {
        return real;
    }

    boolean closed() {
        return closed;
    }

    @Override
    public Layer layer() {
        return real.layer();
    }

    @Override
    public long residentBytes() {
        return real.residentBytes();
    }

    @Override
    public Fence submit(Step step, DeviceMemory in, DeviceMemory out, @Nullable LayerState... states) {
        return device.submit(List.of(this), step, in, in, out, i -> states);
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            device.close(this, real::close, () -> giveBack(device.account(), counted));
        }
    }

    /** Gives back what the account was charged with. */
    void giveBack(Account account, long bytes) {
        account.giveBack(layer(), bytes);
    }
}
