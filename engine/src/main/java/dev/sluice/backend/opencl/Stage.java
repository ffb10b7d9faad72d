package dev.sluice.backend.opencl;

import dev.sluice.backend.KvType;

/** A part of a layer that runs as one launch, or a few. */
interface Stage extends AutoCloseable {
    /** Queues the launches. */
    void submit(Run run);

    /** Gets ready for KV caches of a format, so that the first step does not compile. */
    default void prepare(KvType type) {}

    /** Releases the kernels; weights belong to the layer. */
    @Override
    void close();
}
