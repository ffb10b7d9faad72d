package dev.sluice.measure;

import dev.sluice.graph.Layer;
import dev.sluice.graph.LayerBuilder;
import dev.sluice.graph.Node;
import dev.sluice.graph.Op;
import dev.sluice.tensor.DType;
import dev.sluice.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/** The same layer with random weights, its matrices in another format: what it takes depends on shapes and formats only. */
final class LayerCopy {
    private final RandomWeights weights;
    private final String prefix;
    private final @Nullable DType format;

    /**
     * Copies of one name have the same tensors.
     *
     * @param format of all matrices whose columns it divides, others keep theirs; null keeps all
     */
    LayerCopy(RandomWeights weights, String prefix, @Nullable DType format) {
        this.weights = weights;
        this.prefix = prefix;
        this.format = format;
    }

    Layer of(Layer original) {
        LayerBuilder builder = new LayerBuilder(prefix + original.name(), original.kind(), original.inputWidth());
        for (Node node : original.nodes()) {
            builder.add(
                    of(node.op()),
                    node.inputs().stream().mapToInt(Integer::intValue).toArray());
        }
        return builder.build();
    }

    private Op of(Op op) {
        return switch (op) {
            case Op.Embed e -> new Op.Embed(of(e.table()), e.scale());
            case Op.RmsNorm n -> new Op.RmsNorm(of(n.gain()), n.eps(), n.width());
            case Op.Linear l -> {
                Tensor bias = l.bias();
                yield new Op.Linear(of(l.weight()), bias == null ? null : of(bias), l.column(), l.width());
            }
            case Op.GatedFfn f -> new Op.GatedFfn(of(f.gate()), of(f.up()), of(f.down()), f.activation());
            case Op.Rope r -> r;
            case Op.Attention a -> a;
            case Op.Add a -> a;
            case Op.ArgMax a -> a;
        };
    }

    private Tensor of(Tensor tensor) {
        int cols = Math.toIntExact(tensor.shape().cols());
        int rows = Math.toIntExact(tensor.shape().rows());
        if (rows == 1) {
            return weights.vector(prefix + tensor.name(), cols, 1);
        }
        DType type = format != null && cols % format.blockSize() == 0 ? format : tensor.type();
        return weights.matrix(prefix + tensor.name(), type, cols, rows);
    }
}
