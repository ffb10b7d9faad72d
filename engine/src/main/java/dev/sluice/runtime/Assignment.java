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
 * @param microBatches of how many micro-batches the device has room for the activations, one at least
 * @param host what the processor computes of streamed layers; null: nothing
 * @param slices which slices of the head are streamed ({@link dev.sluice.graph.HeadSlices}); none if the device has another last
 *     layer, or {@code streamed} names the head, which means all of them
 */
public record Assignment(
        Device device,
        int layers,
        Set<Integer> shared,
        Set<Integer> streamed,
        int slots,
        @Nullable Path packed,
        int microBatches,
        @Nullable HostShare host,
        Set<Integer> slices) {
    /** As many micro-batches as a step ever has. */
    public static final int MOST_MICRO_BATCHES = 8;

    public Assignment {
        shared = Set.copyOf(shared);
        streamed = Set.copyOf(streamed);
        slices = Set.copyOf(slices);
        if (layers < 1
                || slots < 1
                || Stream.concat(shared.stream(), streamed.stream()).anyMatch(layer -> layer < 0 || layer >= layers)
                || !Collections.disjoint(shared, streamed)) {
            throw new IllegalArgumentException(layers + " layers, of which " + streamed + " in " + slots
                    + " slots, and " + shared + " in the host's memory");
        }
        if (microBatches < 1) {
            throw new IllegalArgumentException("room for " + microBatches + " micro-batches");
        }
        if (host != null && !streamed.containsAll(host.layers())) {
            throw new IllegalArgumentException(host.layers() + " are to be shared of " + streamed);
        }
    }

    /** Layers that are resident, but for some that are streamed; with room for as many micro-batches as are of use. */
    public static Assignment streaming(
            Device device, int layers, Set<Integer> streamed, int slots, @Nullable Path packed) {
        return new Assignment(device, layers, Set.of(), streamed, slots, packed, MOST_MICRO_BATCHES, null, Set.of());
    }

    /** Layers in the device's memory, but for some in the host's; with room for as many micro-batches as are of use. */
    public static Assignment sharing(Device device, int layers, Set<Integer> shared) {
        return new Assignment(device, layers, shared, Set.of(), 1, null, MOST_MICRO_BATCHES, null, Set.of());
    }

    /** All layers resident. */
    public static Assignment resident(Device device, int layers) {
        return sharing(device, layers, Set.of());
    }

    /** The same with room for so many micro-batches. */
    public Assignment withMicroBatches(int value) {
        return new Assignment(device, layers, shared, streamed, slots, packed, value, host, slices);
    }

    /** The same with a part of its streamed layers left to the processor. */
    public Assignment withHost(@Nullable HostShare value) {
        return new Assignment(device, layers, shared, streamed, slots, packed, microBatches, value, slices);
    }

    /** The same with some slices of the head streamed, too. */
    public Assignment withSlices(Set<Integer> value) {
        return new Assignment(device, layers, shared, streamed, slots, packed, microBatches, host, value);
    }

    /** Whether weights come to the device for each step. */
    public boolean streams() {
        return !streamed.isEmpty() || !slices.isEmpty();
    }

    /** The device and how many layers it takes, how many of them in the host's memory or streamed, for people. */
    public String label() {
        StringBuilder text = new StringBuilder(device.info().id()).append(" (").append(layers);
        if (!shared.isEmpty()) {
            text.append(", ").append(shared.size()).append(" in host memory");
        }
        if (!streamed.isEmpty()) {
            text.append(", ").append(streamed.size()).append(" streamed");
        }
        if (!slices.isEmpty()) {
            text.append(", ").append(slices.size()).append(" slices of the head streamed");
        }
        return text.append(')').toString();
    }
}
