package dev.sluice.backend;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A read-back of devices whose work is done when it has been submitted. */
final class BlockingReadBack implements ReadBack {
    private final DeviceMemory memory;
    private final long offset;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment bytes;
    private final Window beginning;
    private boolean closed;

    BlockingReadBack(DeviceMemory memory, long offset, long count) {
        this.memory = memory;
        this.offset = offset;
        bytes = arena.allocate(count, Long.BYTES);
        beginning = new Window(bytes);
    }

    @Override
    public void start() {
        memory.read(offset, bytes);
    }

    @Override
    public void start(long count) {
        memory.read(offset, beginning.of(count));
    }

    @Override
    public MemorySegment await() {
        return bytes;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            arena.close();
        }
    }
}
