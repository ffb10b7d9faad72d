package dev.sluice.graph;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A block in two layers that compute what it does, one behind the other: it is cut where nothing but the residual stream passes
 * on. What stands behind the cut keeps no state, so it may be computed anywhere, for any tokens.
 *
 * @param attention up to the cut, with all that the block keeps
 * @param feedForward behind it: norm, gated network, what follows on it, and the sum with the residual stream
 */
public record Halves(Layer attention, Layer feedForward) {
    /** Cuts a layer; empty if it is no block, or has no such place before a gated network. */
    public static Optional<Halves> of(Layer layer) {
        if (layer.kind() != Layer.Kind.BLOCK) {
            return Optional.empty();
        }
        List<Node> nodes = layer.nodes();
        for (int behind = network(nodes); behind > 0; behind--) {
            int cut = nodes.get(behind - 1).output();
            if (nodes.get(behind - 1).op().width() == layer.inputWidth() && passesOn(nodes, behind, cut)) {
                return halves(layer, behind, cut);
            }
        }
        return Optional.empty();
    }

    /** Index of the only gated network; 0 if there is none, or another. */
    private static int network(List<Node> nodes) {
        int found = 0;
        for (int i = 0; i < nodes.size(); i++) {
            if (nodes.get(i).op() instanceof Op.GatedFfn) {
                if (found > 0) {
                    return 0;
                }
                found = i;
            }
        }
        return found;
    }

    /** Whether the nodes from one on read nothing of what is before them but one value. */
    private static boolean passesOn(List<Node> nodes, int from, int value) {
        List<Integer> known = new ArrayList<>(List.of(value));
        for (Node node : nodes.subList(from, nodes.size())) {
            if (!known.containsAll(node.inputs())) {
                return false;
            }
            known.add(node.output());
        }
        return true;
    }

    private static Optional<Halves> halves(Layer layer, int behind, int cut) {
        Layer attention = new Layer(
                layer.name() + " attention",
                Layer.Kind.BLOCK,
                layer.inputWidth(),
                layer.nodes().subList(0, behind));
        List<Node> later = new ArrayList<>();
        for (Node node : layer.nodes().subList(behind, layer.nodes().size())) {
            List<Integer> inputs = node.inputs().stream().map(v -> v - cut).toList();
            later.add(new Node(node.op(), inputs, node.output() - cut));
        }
        Layer feedForward = new Layer(layer.name() + " feed-forward", Layer.Kind.BLOCK, layer.inputWidth(), later);
        boolean stateless = feedForward.attention().isEmpty();
        boolean weighty = attention.nodes().stream().anyMatch(node -> node.op() instanceof Op.Linear);
        return stateless && weighty ? Optional.of(new Halves(attention, feedForward)) : Optional.empty();
    }
}
