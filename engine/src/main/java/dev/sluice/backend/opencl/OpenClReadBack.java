package dev.sluice.backend.opencl;

import dev.sluice.backend.ReadBack;
import dev.sluice.opencl.Queue;
import dev.sluice.opencl.RepeatedRead;
import dev.sluice.trace.Timeline;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;

/** A copy to the host that does not hold the queue up. */
final class OpenClReadBack implements ReadBack {
    private final OpenClDevice device;
    private final OpenClMemory memory;
    private final long offset;
    private final RepeatedRead read;
    // Made once, for copies are started for each token.
    private final Consumer<Queue> starting = this::start;
    private final Consumer<Queue> arriving = this::arrived;

    OpenClReadBack(OpenClDevice device, OpenClMemory memory, long offset, long bytes) {
        this.device = device;
        this.memory = memory;
        this.offset = offset;
        read = new RepeatedRead(bytes);
    }

    @Override
    public void start() {
        start(read.segment().byteSize());
    }

    @Override
    public void start(long bytes) {
        read.limit(bytes);
        device.exclusively(starting);
    }

    private void start(Queue queue) {
        read.start(queue, memory.buffer(), offset);
        device.steps().reading(this);
    }

    /** Reads at once, in place of the copy that was queued. */
    void again(Queue queue) {
        queue.read(memory.buffer(), offset, read.segment().asSlice(0, read.limit()));
    }

    @Override
    public MemorySegment await() {
        device.commands().await(read);
        device.exclusively(arriving);
        return read.segment();
    }

    private void arrived(Queue queue) {
        device.steps().arrived(queue, this);
        device.recorder().report();
        if (Timeline.on() && read.profiles()) {
            device.spans().copied("read", read.limit(), read.profile());
        }
    }

    @Override
    public void close() {
        device.settle();
        read.close();
    }
}
