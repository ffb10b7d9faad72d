package dev.sluice.backend.opencl;

import dev.sluice.opencl.Buffer;
import dev.sluice.opencl.ClException;
import dev.sluice.opencl.Context;
import dev.sluice.opencl.HostMemory;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Buffers with contents, for a device that computes in the host's memory: they are written before the driver hears of them, which
 * spares a mapping each, and lie in slabs of huge pages. A slab is freed after its last buffer. Not thread-safe.
 */
final class HostSlabs implements AutoCloseable {
    /** Bytes of a slab: many pages of 2 MiB. What is not written takes no room. */
    private static final long SLAB = 64L << 20;

    /** Where a buffer begins: at a page, without which drivers copy. */
    private static final long ALIGNMENT = 4096;

    private final Context context;
    private @Nullable HostMemory slab;
    private long taken;

    HostSlabs(Context context) {
        this.context = context;
    }

    /**
     * A buffer of what is written.
     *
     * @param contents writes all of it
     * @throws ClException if the device refuses it
     * @throws OutOfMemoryError if the host has no more
     */
    Buffer newBuffer(long bytes, Consumer<MemorySegment> contents) {
        HostMemory memory = slab;
        if (memory == null || memory.byteSize() - taken < bytes) {
            close();
            memory = HostMemory.allocateHuge(Math.max(SLAB, bytes));
            slab = memory;
        }
        contents.accept(memory.segment().asSlice(taken, bytes));
        Buffer buffer = context.newBuffer(memory, taken, bytes);
        taken = Math.ceilDiv(taken + bytes, ALIGNMENT) * ALIGNMENT;
        return buffer;
    }

    /** Begins a new slab with the next buffer; those that there are keep theirs. */
    @Override
    public void close() {
        if (slab != null) {
            slab.close();
            slab = null;
            taken = 0;
        }
    }
}
