package dev.sluice.backend;

import dev.sluice.graph.Layer;
import org.jspecify.annotations.Nullable;

/** A layer bound to a device, its weights resident. Immutable; sequences share it. */
public interface CompiledLayer extends AutoCloseable {
    Layer layer();

    /** Bytes of device memory that the layer holds. */
    long residentBytes();

    /**
     * Runs the layer for one step, for all sequences that take part in it at once. With {@code tokens} and {@code
     * outputRows} of all parts together:
     *
     * <ul>
     *   <li>embedding: {@code in} holds int32 ids [tokens], {@code out} receives [tokens, embedding];
     *   <li>block: {@code in} and {@code out} hold [tokens, embedding] and may be the same memory;
     *   <li>head: {@code in} holds [tokens, embedding], of which the last {@code outputRows} rows of each part are used;
     *       {@code out} receives [outputRows, vocabulary];
     *   <li>argmax: {@code in} holds [outputRows, vocabulary], {@code out} receives int32 [outputRows].
     * </ul>
     *
     * @param step which tokens; both it and {@code states} may be changed when this returns, even if the work is not
     *     done by then
     * @param states the KV cache for this layer of each part's sequence, in the order of the parts, no two the same;
     *     positions before the part's own must be filled. Entries beyond the parts are not looked at. If the layer keeps
     *     no state, nothing or nulls
     * @return a fence that is done when the layer has run
     * @throws IllegalArgumentException if a memory is too small or of another device, if the step holds more tokens than
     *     the device was opened for, if a cache is missing, given twice or full; nothing has run then
     */
    Fence submit(Step step, DeviceMemory in, DeviceMemory out, @Nullable LayerState... states);

    @Override
    void close();
}
