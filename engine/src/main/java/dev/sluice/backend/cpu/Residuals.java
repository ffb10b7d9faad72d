package dev.sluice.backend.cpu;

import dev.sluice.graph.Layer;
import dev.sluice.graph.Node;
import dev.sluice.graph.Op;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which additions of a layer are done by the product before them, whose sums start from the other summand. */
final class Residuals {
    /** Additions, by the value that the product computes and nothing else reads. */
    private final Map<Integer, Node> additions = new HashMap<>();

    /** Numbers of the values that such additions compute. */
    private final Set<Integer> fused = new HashSet<>();

    private Residuals() {}

    static Residuals of(Layer layer) {
        Residuals found = new Residuals();
        List<Node> nodes = layer.nodes();
        Map<Integer, Integer> readers = new HashMap<>();
        // Indices of nodes: to compare nodes themselves would be to compare all that they hold.
        Map<Integer, Integer> writers = new HashMap<>();
        for (int i = 0; i < nodes.size(); i++) {
            for (int value : nodes.get(i).inputs()) {
                readers.merge(value, 1, Integer::sum);
            }
            writers.put(nodes.get(i).output(), i);
        }
        for (int i = 0; i < nodes.size(); i++) {
            Node node = nodes.get(i);
            if (node.op() instanceof Op.Add) {
                for (int side = 0; side < 2; side++) {
                    int writer = writers.getOrDefault(node.inputs().get(side), -1);
                    Node product = writer < 0 ? null : nodes.get(writer);
                    int other = node.inputs().get(1 - side);
                    boolean last = i == nodes.size() - 1;
                    if (product != null
                            && isProduct(product)
                            && readers.getOrDefault(product.output(), 0) == 1
                            && writers.getOrDefault(other, -1) < writer
                            // The layer's result may lie where its input lies, which others may still be reading then.
                            && !(last && (other == 0 || product.inputs().contains(0)))) {
                        found.additions.put(product.output(), node);
                        found.fused.add(node.output());
                        break;
                    }
                }
            }
        }
        return found;
    }

    private static boolean isProduct(Node node) {
        return node.op() instanceof Op.Linear || node.op() instanceof Op.GatedFfn;
    }

    /** Whether a node is an addition that a product does. */
    boolean isFused(Node node) {
        return fused.contains(node.output());
    }

    /** The value that a product's sums start from, or null for zero. */
    @Nullable
    Integer of(Node product) {
        Node addition = additions.get(product.output());
        if (addition == null) {
            return null;
        }
        List<Integer> inputs = addition.inputs();
        return inputs.get(0) == product.output() ? inputs.get(1) : inputs.get(0);
    }

    /** The value that a node's stages write: its own, or its addition's. */
    int output(Node node) {
        Node addition = additions.get(node.output());
        return addition == null ? node.output() : addition.output();
    }
}
