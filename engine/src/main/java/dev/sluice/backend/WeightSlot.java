package dev.sluice.backend;

/**
 * Room in a device's memory for the weights of one streamed layer after another. Which layer's they are is for the caller to
 * know; the device sees to the order of copies and computation. Used by one thread at a time. Closing waits for what uses it;
 * twice does no harm.
 */
public interface WeightSlot extends AutoCloseable {
    /** Bytes of the device's memory. */
    long bytes();

    /**
     * Begins to bring an image here and returns. The copy waits for all layers that were submitted with what is here now;
     * layers submitted with this slot from now on wait for the copy. The image must not be written before the slot is filled
     * with another and that is done: a device that shares the host's memory may compute from it.
     *
     * @param image of the same device
     * @param bytes of it that are copied, from its beginning
     * @return done when the copy is
     * @throws IllegalArgumentException if the image is another device's, or the bytes are more than either has
     */
    Fence fill(WeightImage image, long bytes);

    @Override
    void close();
}
