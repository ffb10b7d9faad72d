package dev.sluice.backend.cpu;

import dev.sluice.backend.WeightImage;
import dev.sluice.system.PageMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Memory for the weights of a streamed layer, from which the CPU computes where they lie. */
final class CpuImage implements WeightImage, CpuDevice.Owned {
    private final CpuDevice device;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment segment;
    private boolean closed;

    CpuImage(CpuDevice device, long bytes) {
        this.device = device;
        segment = PageMemory.allocateHuge(arena, bytes); // as resident weights are, or computing would be slower
    }

    boolean belongsTo(CpuDevice other) {
        return device == other;
    }

    @Override
    public MemorySegment segment() {
        return segment;
    }

    @Override
    public void close() {
        device.exclusively(() -> {
            if (!closed) {
                closed = true;
                device.forget(this);
                arena.close();
            }
        });
    }
}
