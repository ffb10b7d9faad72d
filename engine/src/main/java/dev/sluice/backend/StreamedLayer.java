package dev.sluice.backend;

import java.lang.foreign.MemorySegment;

/**
 * A layer bound to a device whose matrices come to a {@link WeightSlot} for each step; only its vectors (gains, biases) are
 * resident. It computes what the resident layer would, bit by bit. {@link #submit} takes the weights from the slot that was
 * last {@link #use named}.
 */
public interface StreamedLayer extends CompiledLayer {
    /** Bytes of its matrices in the device's layout. */
    long imageBytes();

    /** Names the layout: images of a layer in layouts of one name are the same. */
    String imageLayout();

    /**
     * Lays the matrices out as the device wants them; may be called from any thread, and reads the tensors.
     *
     * @param target at least {@link #imageBytes()} bytes
     */
    void pack(MemorySegment target);

    /**
     * Has the layer compute with what is in a slot when it is submitted from now on.
     *
     * @throws IllegalArgumentException if the slot is another device's or too small
     */
    void use(WeightSlot slot);
}
