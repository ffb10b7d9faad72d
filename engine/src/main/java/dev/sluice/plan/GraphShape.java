package dev.sluice.plan;

import dev.sluice.graph.Graph;
import dev.sluice.graph.Halves;
import dev.sluice.graph.Layer;
import dev.sluice.graph.Node;
import dev.sluice.graph.Op;
import dev.sluice.tensor.DType;
import dev.sluice.tensor.Tensor;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The shape of a model that is here, from its graph. */
public final class GraphShape {
    private GraphShape() {}

    /**
     * Reads the shape off a graph; bytes are those of the file.
     *
     * @param name of the model, for people
     */
    public static ModelShape of(Graph graph, String name) {
        Set<Tensor> embedded = new LinkedHashSet<>(graph.layers().getFirst().weights());
        List<LayerShape> layers = new ArrayList<>();
        for (Layer layer : graph.layers()) {
            layers.add(layer(layer, embedded));
        }
        return new ModelShape(
                name, "the model's file", graph.embedding(), graph.vocabulary(), graph.contextLength(), layers);
    }

    private static LayerShape layer(Layer layer, Set<Tensor> embedded) {
        long vectors = 0;
        long tied = 0;
        for (Tensor tensor : new LinkedHashSet<>(layer.weights())) {
            long bytes = tensor.data().byteSize();
            if (tensor.shape().rows() == 1) {
                vectors += bytes;
            } else if (layer.kind() != Layer.Kind.EMBEDDING && embedded.contains(tensor)) {
                tied += bytes;
            }
        }
        return new LayerShape(
                layer.name(),
                layer.kind(),
                matrices(layer),
                vectors,
                tied,
                null,
                attention(layer),
                scratch(layer),
                Halves.of(layer).map(halves -> matrices(halves.feedForward())).orElse(List.of()));
    }

    /** By format. */
    private static List<WeightPart> matrices(Layer layer) {
        Map<DType, WeightPart> matrices = new EnumMap<>(DType.class);
        for (Tensor tensor : new LinkedHashSet<>(layer.weights())) {
            long rows = tensor.shape().rows();
            if (rows > 1) {
                WeightPart part = new WeightPart(
                        tensor.type(), tensor.shape().elements(), tensor.data().byteSize(), rows);
                matrices.merge(tensor.type(), part, WeightPart::plus);
            }
        }
        return List.copyOf(matrices.values());
    }

    private static @Nullable AttentionShape attention(Layer layer) {
        Op.Attention op = layer.attention().orElse(null);
        return op == null ? null : new AttentionShape(op.kvHeads(), op.headDim(), op.window(), op.flops(1, 1));
    }

    /** Backends reuse some of it: no less than what they take. */
    private static int scratch(Layer layer) {
        long floats = 0;
        for (Node node : layer.nodes()) {
            floats += node.op() instanceof Op.GatedFfn f
                    ? 2L * f.hidden() + f.width()
                    : node.op().width();
        }
        return Math.toIntExact(layer.kind() == Layer.Kind.HEAD ? floats - layer.outputWidth() : floats);
    }
}
