package dev.sluice.backend;

import dev.sluice.graph.Layer;
import org.jspecify.annotations.Nullable;

/** A layer bound to a device, its weights resident. Immutable; sequences share it. */
public interface CompiledLayer extends AutoCloseable {
    Layer layer();

    /** Bytes of device memory that the layer holds. */
    long residentBytes();

    /**
     * Runs the layer for one step.
     *
     * <ul>
     *   <li>embedding: {@code in} holds int32 ids [tokens], {@code out} receives [tokens, embedding];
     *   <li>block: {@code in} and {@code out} hold [tokens, embedding] and may be the same memory;
     *   <li>head: {@code in} holds [tokens, embedding], of which the last {@code step.outputRows()} rows are used;
     *       {@code out} receives [outputRows, vocabulary];
     *   <li>argmax: {@code in} holds [outputRows, vocabulary], {@code out} receives int32 [outputRows].
     * </ul>
     *
     * @param state the sequence's KV cache for this layer; positions up to {@code step.position()} must be filled. Null
     *     exactly if the layer keeps none
     * @return a fence that is done when the layer has run
     * @throws IllegalArgumentException if a memory is too small, of another device, or the cache's capacity is exceeded
     */
    Fence submit(Step step, DeviceMemory in, DeviceMemory out, @Nullable LayerState state);

    @Override
    void close();
}
