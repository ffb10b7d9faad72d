package dev.sluice.backend.opencl;

import dev.sluice.backend.ReadBack;
import dev.sluice.opencl.Event;
import dev.sluice.opencl.HostMemory;
import dev.sluice.opencl.Queue;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** A copy to the host that does not hold the queue up. */
final class OpenClReadBack implements ReadBack {
    private final OpenClDevice device;
    private final OpenClMemory memory;
    private final long offset;
    private final HostMemory host;
    private @Nullable Event event;

    OpenClReadBack(OpenClDevice device, OpenClMemory memory, long offset, long bytes) {
        this.device = device;
        this.memory = memory;
        this.offset = offset;
        host = HostMemory.allocate(bytes);
    }

    @Override
    public void start() {
        device.exclusively(queue -> {
            forgetEvent();
            event = queue.readAsync(memory.buffer(), offset, host, 0, host.byteSize());
            device.steps().reading(this);
        });
    }

    /** Reads at once, in place of the copy that was queued. */
    void again(Queue queue) {
        queue.read(memory.buffer(), offset, host.segment());
    }

    @Override
    public MemorySegment await() {
        Event started = event;
        if (started == null) {
            throw new IllegalStateException("no copy was started");
        }
        device.awaiting(started);
        device.exclusively(queue -> device.steps().arrived(queue, this));
        return host.segment();
    }

    private void forgetEvent() {
        if (event != null) {
            event.close();
            event = null;
        }
    }

    @Override
    public void close() {
        device.settle();
        forgetEvent();
        host.close();
    }
}
