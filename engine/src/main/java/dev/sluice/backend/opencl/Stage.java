package dev.sluice.backend.opencl;

import dev.sluice.backend.KvType;

/** A part of a layer that runs as one launch, or a few. */
interface Stage extends AutoCloseable {
    /** Queues the launches. */
    void submit(Run run);

    /**
     * Whether its launches for one token, recorded once, can be replayed at every position of one {@link #shape}: they read
     * the position from the device.
     */
    default boolean records() {
        return true;
    }

    /** What depends on the position in its launches for one token, beyond what they read on the device; 0 if nothing does. */
    default long shape(int position) {
        return 0;
    }

    /** Gets ready for KV caches of a format, so that the first step does not compile. */
    default void prepare(KvType type) {}

    /** Releases the kernels; weights belong to the layer. */
    @Override
    void close();
}
