package dev.sluice.backend;

/** What one sequence keeps in one layer: the KV cache. Used by one step at a time. */
public interface LayerState extends AutoCloseable {
    /** The most tokens that it holds. */
    int capacity();

    /** Bytes of device memory. */
    long bytes();

    @Override
    void close();
}
