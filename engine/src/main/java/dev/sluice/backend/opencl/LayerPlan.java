package dev.sluice.backend.opencl;

import dev.sluice.graph.Layer;
import dev.sluice.graph.Node;
import dev.sluice.graph.Op;
import dev.sluice.graph.Rotation;
import dev.sluice.opencl.Buffer;
import dev.sluice.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Turns a layer's operations into stages, fewer than operations where neighbours can share a launch:
 *
 * <ul>
 *   <li>a norm goes into the products that read it, if nothing else does;
 *   <li>products of one input and format (queries, keys, values) become one, and so do a gate and its partner;
 *   <li>a sum goes into the product or norm before it;
 *   <li>norms of heads, rotation and the way into the KV cache become one, and go into attention for single tokens of
 *       devices that divide the KV length.
 * </ul>
 */
final class LayerPlan {
    private static final int MOST_MATRICES = 3;

    private final OpenClDevice device;
    private final LayerResources resources;
    private final List<Node> nodes;
    private final int output;
    private final List<List<Node>> readers = new ArrayList<>();
    private final Map<Integer, Node> producers = new HashMap<>();
    private final Map<Integer, Value> places = new HashMap<>();
    private final Set<Node> absorbed = new HashSet<>();
    private final List<Stage> stages = new ArrayList<>();
    private final List<Integer> slotWidths = new ArrayList<>();
    private boolean lastReadsInput;

    LayerPlan(OpenClDevice device, LayerResources resources, Layer layer) {
        this.device = device;
        this.resources = resources;
        nodes = layer.nodes();
        output = nodes.getLast().output();
        for (int v = 0; v <= output; v++) {
            readers.add(new ArrayList<>());
        }
        for (Node node : nodes) {
            producers.put(node.output(), node);
            node.inputs().forEach(v -> readers.get(v).add(node));
        }
        places.put(0, new Value(Value.INPUT, 0, layer.inputWidth()));
    }

    /** Makes the stages; on failure those made so far are left in {@link #stages()} for closing. */
    void build() {
        for (Node node : nodes) {
            if (absorbed.contains(node)) {
                continue;
            }
            switch (node.op()) {
                case Op.Embed e -> stages.add(new Embed(device, resources.matrices(e.table()), e.scale(), place(node)));
                case Op.RmsNorm n -> norm(node, n);
                case Op.Linear l -> linear(node, l);
                case Op.Rope r -> rope(node, r);
                case Op.Attention a -> attention(node, a);
                case Op.GatedFfn f -> gatedFfn(node, f);
                case Op.Add a -> stages.add(new Add(device, input(node, 0), input(node, 1), place(node), a.width()));
                case Op.ArgMax a -> stages.add(new ArgMax(device, contiguous(node, 0, a.inputWidth()), place(node)));
            }
        }
    }

    List<Stage> stages() {
        return stages;
    }

    /** Floats per token of each scratch slot. */
    List<Integer> slotWidths() {
        return slotWidths;
    }

    /** Whether the last stage reads the layer's input other than element by element, so that it cannot replace it. */
    boolean lastReadsInput() {
        return lastReadsInput;
    }

    private Value input(Node node, int i) {
        return placed(node.inputs().get(i));
    }

    private Value placed(int value) {
        Value place = places.get(value);
        if (place == null) {
            throw new IllegalStateException("value " + value + " is read before it is there");
        }
        return place;
    }

    /** Where a node's result goes: the layer's output, or a slot of its own. */
    private Value place(Node node) {
        int width = node.op().width();
        int column = node.op() instanceof Op.Linear linear ? linear.column() : 0;
        Value place = node.output() == output ? new Value(Value.OUTPUT, column, width) : scratch(width);
        places.put(node.output(), place);
        return place;
    }

    private Value scratch(int width) {
        slotWidths.add(width);
        return new Value(Value.SCRATCH + slotWidths.size() - 1, 0, width);
    }

    /** A value whose rows follow one another; one that lies beside others is moved. */
    private Value contiguous(Node node, int i, int width) {
        Value from = input(node, i);
        if (from.stride() == width && from.at() == 0) {
            return from;
        }
        throw new IllegalStateException("the rows of value " + node.inputs().get(i) + " do not follow one another");
    }

    private @Nullable Node onlyReader(int value) {
        List<Node> all = readers.get(value);
        return value != output && all.size() == 1 ? all.getFirst() : null;
    }

    /** The sum that alone reads a value, if what it is added to is there; the sum is then done with the value. */
    private @Nullable Node sumAfter(int value) {
        Node reader = onlyReader(value);
        if (reader == null || !(reader.op() instanceof Op.Add)) {
            return null;
        }
        int other = otherInput(reader, value);
        return other != value && places.containsKey(other) ? reader : null;
    }

    private static int otherInput(Node sum, int value) {
        int first = sum.inputs().get(0);
        return first == value ? sum.inputs().get(1) : first;
    }

    /** The node whose result a stage writes: the node itself, or the sum after it. */
    private record Target(Node node, @Nullable Value residual) {}

    private Target target(Node node) {
        Node sum = sumAfter(node.output());
        if (sum == null) {
            return new Target(node, null);
        }
        absorbed.add(sum);
        return new Target(sum, placed(otherInput(sum, node.output())));
    }

    private void reads(Node target, Value value) {
        lastReadsInput |= target.output() == output && value.slot() == Value.INPUT;
    }

    private void norm(Node node, Op.RmsNorm op) {
        if (waits(node, op)) {
            return;
        }
        Value x = input(node, 0);
        Target target = target(node);
        reads(target.node(), x);
        stages.add(new RmsNorm(
                device,
                x,
                resources.vector(op.gain()),
                op.run(),
                op.width() / op.run(),
                op.eps(),
                target.residual(),
                place(target.node())));
    }

    /** Whether a norm is left to those who read it. */
    private boolean waits(Node node, Op.RmsNorm op) {
        List<Node> all = readers.get(node.output());
        if (node.output() == output || all.isEmpty()) {
            return false;
        }
        boolean whole = op.run() == op.width() && input(node, 0).stride() == op.width();
        boolean products = all.stream().allMatch(r -> r.op() instanceof Op.Linear || r.op() instanceof Op.GatedFfn);
        if (whole && products) {
            return true;
        }
        Node reader = onlyReader(node.output());
        return reader != null && reader.op() instanceof Op.Rope r && r.headDim() == op.run() && waits(reader);
    }

    /** Whether a rotation is left to the attention that reads it. */
    private boolean waits(Node node) {
        Node reader = onlyReader(node.output());
        return reader != null
                && reader.op() instanceof Op.Attention
                && reader.inputs().get(2) != node.output();
    }

    /** The node that makes a value and was left to its readers; null if the value is there. */
    private @Nullable Node pending(int value) {
        return places.containsKey(value) ? null : producers.get(value);
    }

    /** What a product reads: a value, and the norm that was left to it. */
    private record Source(Value x, Product.@Nullable Norm norm) {}

    private Source source(int value) {
        Node p = pending(value);
        if (p != null && p.op() instanceof Op.RmsNorm n) {
            return new Source(input(p, 0), new Product.Norm(resources.vector(n.gain()), n.eps()));
        }
        return new Source(placed(value), null);
    }

    /** A product with one matrix, a stage for each piece of it. */
    private void product(Tensor weight, @Nullable Tensor bias, Source from, @Nullable Value residual, Value y) {
        int row = 0;
        for (Matrix piece : resources.matrices(weight)) {
            Buffer its = bias == null ? null : resources.vector(Pieces.elements(bias, row, piece.rows()));
            Value added = residual == null ? null : residual.from(row);
            stages.add(new Linear(
                    device, new Product(List.of(piece), from.norm(), its, null, from.x(), added, y.from(row))));
            row += piece.rows();
        }
    }

    private void product(Tensor weight, @Nullable Tensor bias, Source from, Target to) {
        reads(to.node(), from.x());
        product(weight, bias, from, to.residual(), place(to.node()));
    }

    private void linear(Node node, Op.Linear op) {
        List<Node> group = siblings(node, op);
        Source from = source(node.inputs().getFirst());
        if (group.size() == 1) {
            product(op.weight(), op.bias(), from, target(node));
            return;
        }
        int width = group.stream().mapToInt(n -> n.op().width()).sum();
        Value all = scratch(width);
        List<Matrix> matrices = new ArrayList<>();
        List<Tensor> biases = new ArrayList<>();
        boolean whole = group.stream().allMatch(n -> n.op() instanceof Op.Linear l && resources.fits(l.weight()));
        int at = 0;
        for (Node one : group) {
            Op.Linear l = (Op.Linear) one.op();
            Value its = new Value(all.slot(), at, width);
            places.put(one.output(), its);
            absorbed.add(one);
            at += l.width();
            if (!whole) {
                product(l.weight(), l.bias(), from, null, its);
                continue;
            }
            matrices.addAll(resources.matrices(l.weight()));
            if (l.bias() != null) {
                biases.add(l.bias());
            }
        }
        if (!whole) {
            return;
        }
        Buffer bias = biases.isEmpty() ? null : resources.vectors(biases);
        stages.add(new Linear(device, new Product(matrices, from.norm(), bias, null, from.x(), null, all)));
    }

    /** The products that run with one: those that follow it with the same input and format, all with bias or none. */
    private List<Node> siblings(Node node, Op.Linear op) {
        List<Node> group = new ArrayList<>(List.of(node));
        for (int i = nodes.indexOf(node) + 1; i < nodes.size() && group.size() < MOST_MATRICES; i++) {
            Node next = nodes.get(i);
            boolean alike = next.op() instanceof Op.Linear l
                    && next.inputs().equals(node.inputs())
                    && l.weight().type() == op.weight().type()
                    && (l.bias() == null) == (op.bias() == null);
            if (!alike || !onlyHeadsRead(next)) {
                break;
            }
            group.add(next);
        }
        return onlyHeadsRead(node) ? group : List.of(node);
    }

    /** Whether a value may lie beside others: only norms, rotations and attention, which know strides, read it. */
    private boolean onlyHeadsRead(Node node) {
        return node.output() != output
                && readers.get(node.output()).stream()
                        .allMatch(r -> r.op() instanceof Op.Attention
                                || r.op() instanceof Op.Rope
                                || (r.op() instanceof Op.RmsNorm n && n.run() < n.width()));
    }

    private void gatedFfn(Node node, Op.GatedFfn op) {
        Source from = source(node.inputs().getFirst());
        Value hidden = scratch(op.hidden());
        if (op.gate().type() == op.up().type()) {
            // Matrices of one shape and format are cut at the same rows.
            List<Matrix> gates = resources.matrices(op.gate());
            List<Matrix> ups = resources.matrices(op.up());
            int row = 0;
            for (int i = 0; i < gates.size(); i++) {
                List<Matrix> pair = List.of(gates.get(i), ups.get(i));
                Product product =
                        new Product(pair, from.norm(), null, op.activation(), from.x(), null, hidden.from(row));
                stages.add(new Linear(device, product));
                row += gates.get(i).rows();
            }
        } else {
            Value other = scratch(op.hidden());
            product(op.gate(), null, from, null, hidden);
            product(op.up(), null, from, null, other);
            stages.add(new GatedActivation(device, hidden, other, op.hidden(), op.activation()));
        }
        product(op.down(), null, new Source(hidden, null), target(node));
    }

    /** Heads on their way to attention: where they lie, and what was left to be done with them. */
    private record Path(
            Value value,
            @Nullable Tensor gain,
            float eps,
            @Nullable Rotation rotation) {
        boolean sharesLaunchWith(Path other) {
            boolean sameEps = gain == null || other.gain == null || eps == other.eps;
            return sameEps && rotation == other.rotation;
        }

        float epsWith(Path other) {
            return gain != null ? eps : other.eps;
        }
    }

    private Path path(int value) {
        Rotation rotation = null;
        int from = value;
        Node p = pending(from);
        if (p != null && p.op() instanceof Op.Rope r) {
            rotation = r.rotation();
            from = p.inputs().getFirst();
        }
        p = pending(from);
        if (p != null && p.op() instanceof Op.RmsNorm n) {
            return new Path(input(p, 0), n.gain(), n.eps(), rotation);
        }
        return new Path(placed(from), null, 0, rotation);
    }

    private Rope.Heads heads(Path path, int count) {
        return new Rope.Heads(path.value(), count, path.gain() == null ? null : resources.vector(path.gain()));
    }

    private @Nullable RotationTable table(@Nullable Rotation rotation) {
        return rotation == null ? null : resources.rotation(rotation);
    }

    private void rope(Node node, Op.Rope op) {
        if (waits(node)) {
            return;
        }
        Path path = path(node.inputs().getFirst());
        stages.add(new Rope(
                device,
                op.headDim(),
                heads(path, op.heads()),
                place(node),
                null,
                null,
                path.eps(),
                op.rotation(),
                table(op.rotation())));
    }

    private void attention(Node node, Op.Attention op) {
        Path q = path(node.inputs().get(0));
        Path k = path(node.inputs().get(1));
        Value v = input(node, 2);
        Rope.Heads qHeads = heads(q, op.heads());
        Rope.Heads kHeads = heads(k, op.kvHeads());
        boolean touched = q.gain() != null || q.rotation() != null;
        // The turned queries go to a slot of their own: others may read what they were made from.
        Value turned = touched ? scratch(op.width()) : q.value();
        boolean together = q.sharesLaunchWith(k);
        float eps = together ? q.epsWith(k) : k.eps();
        RotationTable table = table(k.rotation());
        Rope rope;
        if (touched && together) {
            rope = new Rope(device, op.headDim(), qHeads, turned, kHeads, v, eps, k.rotation(), table);
        } else {
            if (touched) {
                stages.add(new Rope(
                        device, op.headDim(), qHeads, turned, null, null, q.eps(), q.rotation(), table(q.rotation())));
            }
            rope = new Rope(device, op.headDim(), null, null, kHeads, v, eps, k.rotation(), table);
        }
        Value y = place(node);
        Attention many = new Attention(device, op, turned, y, device.tunings().of(op, Phase.MANY));
        DeviceTuning one = device.tunings().of(op, Phase.ONE);
        if (together && TokenAttention.serves(device, op, one)) {
            TokenHeads heads = new TokenHeads(qHeads, kHeads, v, eps, k.rotation(), table);
            stages.add(new HeadsToAttention(TokenAttention.of(device, op, heads, y, one), rope, many));
        } else {
            stages.add(rope);
            stages.add(many);
        }
    }
}
