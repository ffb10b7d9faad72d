package dev.sluice.runtime;

import dev.sluice.backend.Device;
import java.nio.file.Path;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What one device takes of a model: consecutive layers, whose weights stay there or come to it for each step.
 *
 * @param layers how many, one at least
 * @param streamed which of them are streamed, the first of the device's being 0; never an embedding
 * @param slots how many streamed layers' weights the device holds at a time
 * @param packed folder for the model's packed weights, if streamed weights do not fit into host memory; null if they do
 * @param microBatches of how many micro-batches the device has room for the activations, one at least
 */
public record Assignment(
        Device device,
        int layers,
        Set<Integer> streamed,
        int slots,
        @Nullable Path packed,
        int microBatches) {
    /** As many micro-batches as a step ever has. */
    public static final int MOST_MICRO_BATCHES = 8;

    public Assignment {
        streamed = Set.copyOf(streamed);
        if (microBatches < 1) {
            throw new IllegalArgumentException("room for " + microBatches + " micro-batches");
        }
        if (layers < 1 || slots < 1 || streamed.stream().anyMatch(layer -> layer < 0 || layer >= layers)) {
            throw new IllegalArgumentException(layers + " layers, of which " + streamed + " in " + slots + " slots");
        }
    }

    /** With room for as many micro-batches as are of use. */
    public Assignment(Device device, int layers, Set<Integer> streamed, int slots, @Nullable Path packed) {
        this(device, layers, streamed, slots, packed, MOST_MICRO_BATCHES);
    }

    /** All layers resident. */
    public static Assignment resident(Device device, int layers) {
        return new Assignment(device, layers, Set.of(), 1, null);
    }
}
