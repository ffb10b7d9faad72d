package dev.sluice.plan;

import dev.sluice.graph.Layer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One layer as the planner needs it.
 *
 * @param name as in the graph: {@code embedding}, {@code block 3}, {@code head}
 * @param kind embedding, block or head
 * @param weights matrices that every token needs, by format
 * @param vectorBytes of gains and biases
 * @param tiedBytes of {@code weights} that the embedding holds already, on a device that holds both
 * @param experts of a mixture of experts
 * @param attention null if the layer keeps nothing
 * @param scratchWidth floats per token of the values within the layer
 * @param feedForward those of {@code weights} that are in the feed-forward half ({@link dev.sluice.graph.Halves}), by format; none
 *     if the layer cannot be cut
 */
record LayerShape(
        String name,
        Layer.Kind kind,
        List<WeightPart> weights,
        long vectorBytes,
        long tiedBytes,
        @Nullable ExpertShape experts,
        @Nullable AttentionShape attention,
        int scratchWidth,
        List<WeightPart> feedForward) {
    LayerShape {
        weights = List.copyOf(weights);
        feedForward = List.copyOf(feedForward);
    }

    /** A layer that cannot be cut. */
    LayerShape(
            String name,
            Layer.Kind kind,
            List<WeightPart> weights,
            long vectorBytes,
            long tiedBytes,
            @Nullable ExpertShape experts,
            @Nullable AttentionShape attention,
            int scratchWidth) {
        this(name, kind, weights, vectorBytes, tiedBytes, experts, attention, scratchWidth, List.of());
    }

    /** The same layer under another name. */
    LayerShape named(String value) {
        return new LayerShape(
                value, kind, weights, vectorBytes, tiedBytes, experts, attention, scratchWidth, feedForward);
    }

    /** Bytes of what every token needs. */
    long denseBytes() {
        return vectorBytes + matrixBytes();
    }

    /** Bytes of the matrices that every token needs. */
    long matrixBytes() {
        return weights.stream().mapToLong(WeightPart::bytes).sum();
    }

    /** Bytes of the matrices in the feed-forward half. */
    long feedForwardBytes() {
        return feedForward.stream().mapToLong(WeightPart::bytes).sum();
    }

    /** Bytes of all experts, 0 without. */
    long expertBytes() {
        return experts == null ? 0 : experts.bytes();
    }
}
