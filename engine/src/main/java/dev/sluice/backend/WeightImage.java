package dev.sluice.backend;

import java.lang.foreign.MemorySegment;

/**
 * Host memory for the weights of a streamed layer, laid out as its device wants them: where the driver has such, memory that
 * the device copies from on its own ("pinned"). Closing waits for copies that still read it; twice does no harm.
 */
public interface WeightImage extends AutoCloseable {
    /** The memory; when it may be written, {@link WeightSlot#fill} says. */
    MemorySegment segment();

    @Override
    void close();
}
