package dev.sluice.backend.cpu;

import dev.sluice.graph.Layer;
import dev.sluice.graph.Node;
import dev.sluice.graph.Op;
import dev.sluice.tensor.DType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What reads the values of a layer: products with matrices of which formats, and whether anything else does. */
final class Readers {
    private final Map<Integer, List<DType>> formats = new HashMap<>();
    private final Set<Integer> others = new HashSet<>();

    private Readers() {}

    static Readers of(Layer layer) {
        Readers found = new Readers();
        for (Node node : layer.nodes()) {
            int first = node.inputs().getFirst();
            if (node.op() instanceof Op.Linear op) {
                found.add(first, op.weight().type());
            } else if (node.op() instanceof Op.GatedFfn op) {
                found.add(first, op.gate().type());
                found.add(first, op.up().type());
            } else {
                found.others.addAll(node.inputs());
            }
        }
        found.others.add(layer.nodes().getLast().output());
        return found;
    }

    private void add(int value, DType format) {
        formats.computeIfAbsent(value, v -> new ArrayList<>()).add(format);
    }

    /** The formats of the matrices that a value is multiplied with. */
    List<DType> formats(int value) {
        return formats.getOrDefault(value, List.of());
    }

    /** Whether products alone read a value, which is not the layer's result. */
    boolean areProducts(int value) {
        return formats.containsKey(value) && !others.contains(value);
    }
}
