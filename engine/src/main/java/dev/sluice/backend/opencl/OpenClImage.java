package dev.sluice.backend.opencl;

import dev.sluice.backend.WeightImage;
import dev.sluice.opencl.HostMemory;
import java.lang.foreign.MemorySegment;

/** Pinned host memory with the weights of a streamed layer. */
final class OpenClImage implements WeightImage, Streaming.Part {
    private final OpenClDevice device;
    private final HostMemory memory;

    OpenClImage(OpenClDevice device, HostMemory memory) {
        this.device = device;
        this.memory = memory;
    }

    boolean belongsTo(OpenClDevice other) {
        return device == other;
    }

    HostMemory memory() {
        return memory;
    }

    @Override
    public MemorySegment segment() {
        return memory.segment();
    }

    @Override
    public void close() {
        device.exclusivelyIfOpen(() -> {
            memory.close();
            device.streaming().forget(this);
        });
    }
}
