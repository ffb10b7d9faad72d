package dev.sluice.runtime;

import dev.sluice.backend.Device;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What one device takes of a model: consecutive layers, whose weights stay there or come to it for each step.
 *
 * @param layers how many, one at least
 * @param shared which of them have their matrices in the host's memory, from which the device {@link Device#compileShared
 *     computes}, the first of the device's being 0
 * @param streamed which of them are streamed, the first of the device's being 0; never an embedding
 * @param slots how many streamed layers' weights the device holds at a time
 * @param packed folder for the model's packed weights, if streamed weights do not fit into host memory; null if they do
 */
public record Assignment(
        Device device,
        int layers,
        Set<Integer> shared,
        Set<Integer> streamed,
        int slots,
        @Nullable Path packed) {
    public Assignment {
        shared = Set.copyOf(shared);
        streamed = Set.copyOf(streamed);
        if (layers < 1
                || slots < 1
                || Stream.concat(shared.stream(), streamed.stream()).anyMatch(layer -> layer < 0 || layer >= layers)
                || !Collections.disjoint(shared, streamed)) {
            throw new IllegalArgumentException(layers + " layers, of which " + streamed + " in " + slots
                    + " slots, and " + shared + " in the host's memory");
        }
    }

    /** Layers that are resident, but for some that are streamed. */
    public static Assignment streaming(
            Device device, int layers, Set<Integer> streamed, int slots, @Nullable Path packed) {
        return new Assignment(device, layers, Set.of(), streamed, slots, packed);
    }

    /** Layers in the device's memory, but for some in the host's. */
    public static Assignment sharing(Device device, int layers, Set<Integer> shared) {
        return new Assignment(device, layers, shared, Set.of(), 1, null);
    }

    /** All layers resident. */
    public static Assignment resident(Device device, int layers) {
        return sharing(device, layers, Set.of());
    }
}
