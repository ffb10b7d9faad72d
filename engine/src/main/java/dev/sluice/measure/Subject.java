package dev.sluice.measure;

import dev.sluice.graph.Graph;
import dev.sluice.graph.Layer;
import dev.sluice.tensor.DType;
import dev.sluice.tensor.Tensor;
import java.util.Collection;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a device is measured for. Rates depend on how wide matrices are and on what stands between them, so that blocks are
 * those of the model that plans are made for, where there is one.
 *
 * @param formats of the blocks' matrices
 * @param headFormats of the heads' matrices
 * @param block of a model; null: blocks as models of middle size have them
 * @param head of a model; null: one of 32,768 rows
 */
public record Subject(
        Set<DType> formats,
        Set<DType> headFormats,
        @Nullable Layer block,
        @Nullable Layer head) {
    public Subject {
        formats = Set.copyOf(formats);
        headFormats = Set.copyOf(headFormats);
    }

    /** Models that are not here, with weights of these formats. */
    public static Subject of(Collection<DType> formats) {
        return new Subject(Set.copyOf(formats), Set.copyOf(formats), null, null);
    }

    /** A model that is here. */
    public static Subject of(Graph graph) {
        Set<DType> formats = EnumSet.noneOf(DType.class);
        for (Layer layer : graph.layers()) {
            if (layer.kind() == Layer.Kind.BLOCK) {
                formats.addAll(matrices(layer));
            }
        }
        Layer head = graph.layers().getLast();
        return new Subject(formats, matrices(head), graph.layers().get(1), head);
    }

    /** The heads of the block's attention. */
    Optional<Workloads.Heads> heads() {
        return Optional.ofNullable(block)
                .flatMap(Layer::attention)
                .map(op -> new Workloads.Heads(op.heads(), op.kvHeads(), op.headDim()));
    }

    private static Set<DType> matrices(Layer layer) {
        Set<DType> formats = EnumSet.noneOf(DType.class);
        for (Tensor tensor : layer.weights()) {
            if (tensor.shape().rows() > 1) {
                formats.add(tensor.type());
            }
        }
        return formats;
    }
}
