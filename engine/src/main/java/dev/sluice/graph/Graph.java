package dev.sluice.graph;

import java.util.List;

/**
 * A model as a chain of layers: the embedding, the blocks, the head.
 *
 * @param family the model family's name in the file ({@code llama}, {@code gemma3}, …)
 * @param embedding floats per token between the layers
 * @param vocabulary number of token ids, the width of the logits
 * @param contextLength tokens that the model was trained to attend to
 * @param layers in the order of evaluation; the first is the embedding, the last the head
 */
public record Graph(String family, int embedding, int vocabulary, int contextLength, List<Layer> layers) {
    public Graph {
        layers = List.copyOf(layers);
        if (layers.size() < 2
                || layers.getFirst().kind() != Layer.Kind.EMBEDDING
                || layers.getLast().kind() != Layer.Kind.HEAD) {
            throw new IllegalArgumentException("a graph begins with the embedding and ends with the head");
        }
    }

    /** Bytes of weights that decoding one token reads. */
    public long weightBytes() {
        return layers.stream().mapToLong(Layer::weightBytes).sum();
    }

    /** Floats that one token adds to the KV caches of all layers, keys and values together. */
    public long kvFloatsPerToken() {
        return layers.stream()
                .flatMap(l -> l.attention().stream())
                .mapToLong(a -> 2L * a.kvWidth())
                .sum();
    }
}
