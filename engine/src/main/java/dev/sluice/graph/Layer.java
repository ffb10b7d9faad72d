package dev.sluice.graph;

import dev.sluice.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The unit that a plan places on a device. Value 0 is the layer's input, the last node's output is the layer's output;
 * nothing else leaves the layer but what attention keeps in its KV cache.
 *
 * @param name for messages: {@code embedding}, {@code block 3}, {@code head}, {@code argmax}
 * @param kind what stands at its two ends
 * @param inputWidth floats (or, for {@link Kind#EMBEDDING}, ids) per token at value 0
 * @param nodes in an order in which they can run
 */
public record Layer(String name, Kind kind, int inputWidth, List<Node> nodes) {
    /** What a layer reads and writes. */
    public enum Kind {
        /** ids (int32) [tokens] → hidden [tokens, embedding]. */
        EMBEDDING,
        /** hidden → hidden. */
        BLOCK,
        /** hidden of the rows wanted → logits [rows, vocabulary]. */
        HEAD,
        /** logits [rows, vocabulary] → ids (int32) [rows]. */
        ARGMAX
    }

    public Layer {
        nodes = List.copyOf(nodes);
        for (Node node : nodes.subList(0, nodes.size() - 1)) {
            if (node.op() instanceof Op.Linear l
                    && l.width() > l.weight().shape().rows()) {
                throw new IllegalArgumentException(
                        name + " reads more of " + l.weight().name() + " than there is");
            }
        }
    }

    /** Floats (or ids) per token that the layer produces. */
    public int outputWidth() {
        return nodes.getLast().op().width();
    }

    /** The layer's attention, if it has one. */
    public Optional<Op.Attention> attention() {
        for (Node node : nodes) {
            if (node.op() instanceof Op.Attention a) {
                return Optional.of(a);
            }
        }
        return Optional.empty();
    }

    /** Every weight tensor that the layer uses, in the order of use. */
    public List<Tensor> weights() {
        List<Tensor> all = new ArrayList<>();
        for (Node node : nodes) {
            switch (node.op()) {
                case Op.Embed e -> all.add(e.table());
                case Op.RmsNorm n -> all.add(n.gain());
                case Op.Linear l -> {
                    all.add(l.weight());
                    if (l.bias() != null) {
                        all.add(l.bias());
                    }
                }
                case Op.GatedFfn f -> all.addAll(List.of(f.gate(), f.up(), f.down()));
                case Op.Rope r -> {}
                case Op.Attention a -> {}
                case Op.Add a -> {}
                case Op.ArgMax a -> {}
            }
        }
        return all;
    }

    /** The embedding table, if the layer looks up its rows. */
    public Optional<Tensor> table() {
        for (Node node : nodes) {
            if (node.op() instanceof Op.Embed e) {
                return Optional.of(e.table());
            }
        }
        return Optional.empty();
    }

    /** The matrices that the layer multiplies with, each once, in the order of use; the {@link #table} is none of them. */
    public Set<Tensor> matrices() {
        Set<Tensor> all = new LinkedHashSet<>();
        for (Node node : nodes) {
            switch (node.op()) {
                case Op.Linear l -> all.add(l.weight());
                case Op.GatedFfn f -> all.addAll(List.of(f.gate(), f.up(), f.down()));
                case Op.Embed e -> {}
                case Op.RmsNorm n -> {}
                case Op.Rope r -> {}
                case Op.Attention a -> {}
                case Op.Add a -> {}
                case Op.ArgMax a -> {}
            }
        }
        return all;
    }

    /** The gains and biases, each once. */
    public Set<Tensor> vectors() {
        Set<Tensor> all = new LinkedHashSet<>(weights());
        all.removeAll(matrices());
        table().ifPresent(all::remove);
        return all;
    }

    /** Bytes of weights that one step reads. */
    public long weightBytes() {
        return nodes.stream().mapToLong(n -> n.op().weightBytes()).sum();
    }
}
