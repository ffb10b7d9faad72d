package dev.sluice.plan;

import dev.sluice.backend.KvType;
import dev.sluice.graph.HeadSlices;
import dev.sluice.graph.Layer;
import dev.sluice.tensor.DType;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * A model as the planner needs it: of a file ({@link GraphShape}) or of a description of models that are not here ({@link
 * ShapeFiles}).
 *
 * @param name for people
 * @param source where the figures come from
 * @param embedding floats per token between layers
 * @param vocabulary width of the logits
 * @param contextLength tokens that the model was trained to attend to
 * @param layers the embedding, the blocks, the head
 */
public record ModelShape(
        String name, String source, int embedding, int vocabulary, int contextLength, List<LayerShape> layers) {
    public ModelShape {
        layers = List.copyOf(layers);
        Checks.positive("embedding", embedding);
        Checks.positive("vocabulary", vocabulary);
        Checks.positive("context_length", contextLength);
        Checks.require(
                layers.size() >= 2
                        && layers.getFirst().kind() == Layer.Kind.EMBEDDING
                        && layers.getLast().kind() == Layer.Kind.HEAD,
                "a model begins with the embedding and ends with the head");
    }

    /** Bytes of all weights, a tied table once. */
    public long weightBytes() {
        return layers.stream()
                .mapToLong(layer -> layer.denseBytes() + layer.expertBytes() - layer.tiedBytes())
                .sum();
    }

    /** Bytes that one token adds to the KV caches of all layers. */
    public long kvBytesPerToken(KvType kv) {
        long bytes = 0;
        for (LayerShape layer : layers) {
            AttentionShape attention = layer.attention();
            bytes += attention == null ? 0 : attention.bytesPerToken(kv);
        }
        return bytes;
    }

    /** The formats of its matrices. */
    public Set<DType> formats() {
        Set<DType> formats = EnumSet.noneOf(DType.class);
        for (LayerShape layer : layers) {
            layer.weights().forEach(part -> formats.add(part.format()));
            ExpertShape experts = layer.experts();
            if (experts != null) {
                formats.add(experts.each().format());
            }
        }
        return formats;
    }

    /** Into how many slices the head is cut where it is streamed, more or less. */
    int headSlices() {
        long block = layers.stream()
                .filter(layer -> layer.kind() == Layer.Kind.BLOCK)
                .mapToLong(LayerShape::matrixBytes)
                .max()
                .orElse(0);
        return HeadSlices.count(layers.getLast().matrixBytes(), block);
    }

    /** Layers between embedding and head. */
    int blocks() {
        return layers.size() - 2;
    }

    /** The same model with all matrices that are larger in a smaller format. */
    ModelShape shrunkTo(DType format) {
        List<LayerShape> shrunk = new ArrayList<>();
        for (LayerShape layer : layers) {
            List<WeightPart> weights =
                    layer.weights().stream().map(part -> part.shrunkTo(format)).toList();
            ExpertShape experts = layer.experts();
            shrunk.add(new LayerShape(
                    layer.name(),
                    layer.kind(),
                    weights,
                    layer.vectorBytes(),
                    Math.min(
                            layer.tiedBytes(),
                            weights.stream().mapToLong(WeightPart::bytes).sum()),
                    experts == null
                            ? null
                            : new ExpertShape(
                                    experts.count(),
                                    experts.used(),
                                    experts.each().shrunkTo(format)),
                    layer.attention(),
                    layer.scratchWidth(),
                    layer.feedForward().stream()
                            .map(part -> part.shrunkTo(format))
                            .toList()));
        }
        return new ModelShape(name + " in " + format, source, embedding, vocabulary, contextLength, shrunk);
    }
}
