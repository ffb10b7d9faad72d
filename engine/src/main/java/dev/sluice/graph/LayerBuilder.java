package dev.sluice.graph;

import java.util.ArrayList;
import java.util.List;

/** Writes a layer down in the order in which a reader follows it; values are plain numbers. */
public final class LayerBuilder {
    private final String name;
    private final Layer.Kind kind;
    private final List<Integer> widths = new ArrayList<>();
    private final List<Node> nodes = new ArrayList<>();

    public LayerBuilder(String name, Layer.Kind kind, int inputWidth) {
        this.name = name;
        this.kind = kind;
        widths.add(inputWidth);
    }

    /** The value at the layer's entrance. */
    public int input() {
        return 0;
    }

    /**
     * Appends an operation.
     *
     * @return the number of the value that it produces
     * @throws IllegalArgumentException if an input's width is not what the operation reads
     */
    public int add(Op op, int... inputs) {
        int[] expected = inputWidths(op);
        if (expected.length != inputs.length) {
            throw new IllegalArgumentException(op.getClass().getSimpleName() + " takes " + expected.length + " inputs");
        }
        List<Integer> from = new ArrayList<>(inputs.length);
        for (int i = 0; i < inputs.length; i++) {
            if (widths.get(inputs[i]) != expected[i]) {
                throw new IllegalArgumentException(name + ": " + op.getClass().getSimpleName() + " reads width "
                        + expected[i] + " but is given " + widths.get(inputs[i]));
            }
            from.add(inputs[i]);
        }
        widths.add(op.width());
        nodes.add(new Node(op, from, widths.size() - 1));
        return widths.size() - 1;
    }

    /** The finished layer; the last operation's value is its output. */
    public Layer build() {
        return new Layer(name, kind, widths.getFirst(), nodes);
    }

    private static int[] inputWidths(Op op) {
        return switch (op) {
            case Op.Embed e -> new int[] {1};
            case Op.RmsNorm n -> new int[] {n.width()};
            case Op.Linear l -> new int[] {Math.toIntExact(l.weight().shape().cols())};
            case Op.Rope r -> new int[] {r.width()};
            case Op.Attention a -> new int[] {a.width(), a.kvWidth(), a.kvWidth()};
            case Op.GatedFfn f -> new int[] {Math.toIntExact(f.gate().shape().cols())};
            case Op.Add a -> new int[] {a.width(), a.width()};
            case Op.ArgMax a -> new int[] {a.inputWidth()};
        };
    }
}
