package dev.sluice.simulate;

import dev.sluice.backend.DeviceMemory;
import dev.sluice.backend.ReadBack;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Activations, ids or logits on a simulated device. */
final class SimulatedMemory implements DeviceMemory {
    private final SimulatedDevice device;
    private final DeviceMemory real;
    private final Arena arena = Arena.ofAuto();
    /** What was written last waits here for its turn. */
    private MemorySegment staging = MemorySegment.NULL;

    private @Nullable Event written;
    private boolean closed;

    SimulatedMemory(SimulatedDevice device, DeviceMemory real) {
        this.device = device;
        this.real = real;
    }

    boolean belongsTo(SimulatedDevice other) {
        return device == other;
    }

    DeviceMemory real() {
        return real;
    }

    void requireOpen() {
        if (closed) {
            throw new IllegalStateException("the device memory has been closed");
        }
    }

    @Override
    public long bytes() {
        return real.bytes();
    }

    @Override
    public synchronized void write(long offset, MemorySegment source) {
        requireOpen();
        Objects.checkFromIndexSize(offset, source.byteSize(), bytes());
        if (written != null) {
            written.time();
        }
        if (staging.byteSize() < source.byteSize()) {
            staging = arena.allocate(Math.max(source.byteSize(), Math.min(bytes(), 2 * staging.byteSize())), 64);
        }
        MemorySegment copy = staging.asSlice(0, source.byteSize());
        copy.copyFrom(source);
        written = device.write(real, offset, copy);
    }

    @Override
    public void read(long offset, MemorySegment target) {
        requireOpen();
        Objects.checkFromIndexSize(offset, target.byteSize(), bytes());
        device.read(real, offset, target).await();
    }

    @Override
    public ReadBack readBack(long offset, long bytes) {
        requireOpen();
        Objects.checkFromIndexSize(offset, bytes, bytes());
        return new SimulatedReadBack(device, real, offset, bytes);
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
