package dev.sluice.runtime;

import dev.sluice.backend.CompiledLayer;
import dev.sluice.backend.DeviceMemory;
import dev.sluice.backend.Step;
import dev.sluice.backend.Window;
import dev.sluice.trace.CopySpan;
import dev.sluice.trace.WaitSpan;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Computes halves of a device's layers on the processor: activations come from the device, which has then done all before, and go
 * back. Used by one thread at a time. What it needs is made once; closing twice does no harm.
 */
final class HostHalves implements AutoCloseable {
    private final HostShare share;
    private final long rowBytes;
    private final Arena arena = Arena.ofShared();
    private final Window staging;
    private final DeviceMemory memory;
    private final WaitSpan wait;
    private final CopySpan copy;
    private boolean closed;

    /**
     * For halves of some width.
     *
     * @param device id of the device that has the other halves
     * @throws dev.sluice.error.SluiceException if there is no memory for activations
     */
    HostHalves(HostShare share, String device, int width) {
        this.share = share;
        rowBytes = (long) Float.BYTES * width;
        wait = new WaitSpan(device);
        copy = new CopySpan(device);
        memory = share.cpu().allocate(rowBytes * share.rows());
        MemorySegment whole = arena.allocate(rowBytes * share.rows(), 64);
        staging = new Window(whole);
    }

    /** Up to how many rows a step may have. */
    int rows() {
        return share.rows();
    }

    /** Has a half computed with what is in a memory of the device; it is there when this returns. */
    void compute(CompiledLayer half, Step step, DeviceMemory in, DeviceMemory out) {
        MemorySegment rows = staging.of(rowBytes * step.tokens());
        wait.start();
        in.read(0, rows);
        wait.stop("activations");
        memory.write(0, rows);
        half.submit(step, memory, memory, Run.NO_STATES);
        memory.read(0, rows);
        copy.start();
        out.write(0, rows);
        copy.stop("activations", rows.byteSize());
    }

    /** For people. */
    String description(int streamed) {
        return "feed-forward of " + share.layers().size() + " of " + streamed + " streamed layers on "
                + share.cpu().info().id() + " for up to " + share.rows() + (share.rows() == 1 ? " row" : " rows");
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            memory.close();
            arena.close();
        }
    }
}
