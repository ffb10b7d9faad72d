package dev.sluice.stream;

import dev.sluice.backend.WeightSlot;

/** Where the images of a device's streamed layers come from. Used by one thread at a time. */
interface ImageSource extends AutoCloseable {
    /**
     * Begins to bring a layer's image to a slot, as {@link WeightSlot#fill} does. What was brought there before has been {@link
     * #awaitBegun begun}.
     *
     * @param slot index of the slot
     * @param layer index of the layer among those that are streamed
     */
    void fill(int slot, int layer);

    /**
     * Waits until the device knows of the last copy to a slot, so that a layer which is submitted now waits for it.
     *
     * @throws dev.sluice.error.SluiceException if it could not be begun
     */
    void awaitBegun(int slot);

    /** Where the weights lie, for people. */
    String description();

    @Override
    void close();
}
