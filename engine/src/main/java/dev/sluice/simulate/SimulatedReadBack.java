package dev.sluice.simulate;

import dev.sluice.backend.DeviceMemory;
import dev.sluice.backend.ReadBack;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** A copy to the host that other work may follow. */
final class SimulatedReadBack implements ReadBack {
    private final SimulatedDevice device;
    private final DeviceMemory memory;
    private final long offset;
    private final Arena arena = Arena.ofAuto();
    private final MemorySegment bytes;
    private @Nullable Event event;
    private boolean closed;

    SimulatedReadBack(SimulatedDevice device, DeviceMemory memory, long offset, long count) {
        this.device = device;
        this.memory = memory;
        this.offset = offset;
        bytes = arena.allocate(count, Long.BYTES);
    }

    @Override
    public void start() {
        start(bytes.byteSize());
    }

    @Override
    public void start(long count) {
        event = device.read(memory, offset, bytes.asSlice(0, count));
    }

    @Override
    public MemorySegment await() {
        Event started = event;
        if (started == null) {
            throw new IllegalStateException("no copy was started");
        }
        started.await();
        return bytes;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            device.drain();
        }
    }
}
