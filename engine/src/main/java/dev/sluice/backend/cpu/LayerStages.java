package dev.sluice.backend.cpu;

import dev.sluice.backend.cpu.asm.Int8Activations;
import dev.sluice.backend.tiles.RowTiles;
import dev.sluice.graph.Layer;
import dev.sluice.graph.Node;
import dev.sluice.graph.Op;
import dev.sluice.tensor.BlockCodec;
import dev.sluice.tensor.DType;
import dev.sluice.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Turns the nodes of a layer into stages, and says how each is shared among the workers. What follows on a product is done
 * where the product is: a residual is where its sums start, and a feed-forward network's activation is done by the worker that
 * computed the columns.
 */
final class LayerStages {
    private final Kernels kernels;
    private final Function<Tensor, Matrix> matrices;
    private final Function<Op.Rope, RotationTable> rotations;
    private final List<Rows> values = new ArrayList<>();
    private final List<Stage> stages = new ArrayList<>();
    /** The formats of the matrices that a value is multiplied with. */
    private final Map<Integer, List<DType>> types = new HashMap<>();
    /** The number under which stages know that a value has been rounded. */
    private final Map<Integer, Integer> roundedValues = new HashMap<>();

    private final Residuals residuals;

    /**
     * Builds the stages.
     *
     * @param matrices makes a weight matrix resident
     * @param rotations finds the sines and cosines for a rotation
     */
    LayerStages(
            Layer layer,
            Kernels kernels,
            Function<Tensor, Matrix> matrices,
            Function<Op.Rope, RotationTable> rotations) {
        this.kernels = kernels;
        this.matrices = matrices;
        this.rotations = rotations;
        values.add(new Rows(layer.inputWidth()));
        for (Node node : layer.nodes()) {
            values.add(new Rows(node.op().width()));
        }
        layer.nodes().forEach(this::noteTypes);
        residuals = Residuals.of(layer);
        for (Node node : layer.nodes()) {
            if (!residuals.isFused(node)) {
                add(node);
            }
        }
    }

    /** Values 0 to n of the layer, then those that only stages know. */
    List<Rows> values() {
        return values;
    }

    List<Stage> stages() {
        return stages;
    }

    private void noteTypes(Node node) {
        if (node.op() instanceof Op.Linear op) {
            types.computeIfAbsent(node.inputs().getFirst(), value -> new ArrayList<>())
                    .add(op.weight().type());
        } else if (node.op() instanceof Op.GatedFfn op) {
            types.computeIfAbsent(node.inputs().getFirst(), value -> new ArrayList<>())
                    .addAll(List.of(op.gate().type(), op.up().type()));
        }
    }

    private void add(Node node) {
        Rows in = values.get(node.inputs().getFirst());
        Rows out = values.get(residuals.output(node));
        switch (node.op()) {
            case Op.Embed op ->
                stage(node, 1, (run, worker) -> {
                    int last = worker.last(run.tokens());
                    for (int t = worker.first(run.tokens()); t < last; t++) {
                        int id = Float.floatToRawIntBits(in.data()[in.at(t)]);
                        ScalarOps.embedRow(op, id, out.data(), out.at(t));
                    }
                });
            case Op.RmsNorm op -> {
                float[] gain = BlockCodec.floats(op.gain());
                int pieces = op.width() / op.run();
                stage(node, pieces, (run, worker) -> {
                    int runs = run.tokens() * pieces;
                    kernels.rmsNorm(op, gain, in, out, worker.first(runs), worker.last(runs), worker.scratch);
                });
            }
            case Op.Linear op -> linear(node, matrices.apply(op.weight()), floats(op.bias()), in, out);
            case Op.Rope op -> {
                RotationTable table = rotations.apply(op);
                stage(node, op.heads(), (run, worker) -> {
                    int heads = run.tokens() * op.heads();
                    kernels.rope(op, table, in, out, worker.first(heads), worker.last(heads), worker.scratch);
                });
            }
            case Op.Attention op -> attention(node, op, in, out);
            case Op.GatedFfn op -> gatedFfn(node, op, in, out);
            case Op.Add op -> {
                Rows other = values.get(node.inputs().get(1));
                stage(node, 0, (run, worker) -> {
                    int elements = run.tokens() * op.width();
                    kernels.add(in, other, out, worker.first(elements), worker.last(elements), worker.scratch);
                });
            }
            case Op.ArgMax op ->
                stage(node, 1, (run, worker) -> {
                    int last = worker.last(run.tokens());
                    for (int t = worker.first(run.tokens()); t < last; t++) {
                        out.data()[out.at(t)] = Float.intBitsToFloat(kernels.argMax(in, t, worker.scratch));
                    }
                });
        }
    }

    private void linear(Node node, Matrix weight, float @Nullable [] bias, Rows in, Rows out) {
        List<Integer> reads = readsOfProduct(node.inputs().getFirst());
        product(node, reads, weight, bias, in, out);
    }

    /** The last product of a node, which starts from the node's residual if it has one. */
    private void product(Node node, List<Integer> reads, Matrix weight, float @Nullable [] bias, Rows in, Rows out) {
        Integer residual = residuals.of(node);
        Rows plus = residual == null ? null : values.get(residual);
        List<Integer> all = new ArrayList<>(reads);
        if (residual != null) {
            all.add(residual);
        }
        stages.add(new Stage(
                all,
                residuals.output(node),
                0,
                (run, worker) -> kernels.linear(
                        weight,
                        bias,
                        in,
                        plus,
                        out,
                        run.tokens(),
                        worker.first(weight.tiles()),
                        worker.last(weight.tiles()),
                        worker.scratch)));
    }

    /** What a product with a value reads: the value and, if it is to be rounded, that, which a stage is added for. */
    private List<Integer> readsOfProduct(int value) {
        Rows in = values.get(value);
        Integer known = roundedValues.get(value);
        if (known == null) {
            Int8Activations rounded = kernels.rounded(in.width, types.getOrDefault(value, List.of()));
            if (rounded == null) {
                return List.of(value);
            }
            in.round(rounded);
            known = internal(0);
            roundedValues.put(value, known);
            stages.add(new Stage(List.of(value), known, 0, (run, worker) -> kernels.convert(in, worker)));
        }
        return List.of(value, known);
    }

    private void attention(Node node, Op.Attention op, Rows q, Rows out) {
        Rows k = values.get(node.inputs().get(1));
        Rows v = values.get(node.inputs().get(2));
        int cached = internal(0);
        List<Integer> keysAndValues =
                List.of(node.inputs().get(1), node.inputs().get(2));
        stages.add(new Stage(keysAndValues, cached, op.kvHeads(), (run, worker) -> {
            int heads = run.tokens() * op.kvHeads();
            kernels.store(op, run, k, v, worker.first(heads), worker.last(heads), worker.scratch);
        }));
        stages.add(new Stage(
                List.of(node.inputs().getFirst(), cached),
                node.output(),
                0,
                (run, worker) -> kernels.attention(op, run, q, out, worker)));
    }

    private void gatedFfn(Node node, Op.GatedFfn op, Rows in, Rows out) {
        Matrix gateWeight = matrices.apply(op.gate());
        Matrix upWeight = matrices.apply(op.up());
        Matrix downWeight = matrices.apply(op.down());
        int hidden = internal(op.hidden());
        Rows gate = values.get(hidden);
        Rows up = values.get(internal(op.hidden()));
        List<Integer> reads = readsOfProduct(node.inputs().getFirst());
        // A worker activates the columns that it has computed itself, so the products need no barrier between them.
        stages.add(new Stage(reads, hidden, 0, (run, worker) -> {
            int first = worker.first(gateWeight.tiles());
            int last = worker.last(gateWeight.tiles());
            kernels.linear(gateWeight, null, in, null, gate, run.tokens(), first, last, worker.scratch);
            kernels.linear(upWeight, null, in, null, up, run.tokens(), first, last, worker.scratch);
            int begin = first * RowTiles.ROWS;
            int end = Math.min(last * RowTiles.ROWS, op.hidden());
            kernels.activate(op.activation(), gate, up, run.tokens(), begin, end, worker.scratch);
        }));
        types.put(hidden, List.of(op.down().type()));
        product(node, readsOfProduct(hidden), downWeight, null, gate, out);
    }

    private void stage(Node node, int pieces, Stage.Body body) {
        stages.add(new Stage(node.inputs(), node.output(), pieces, body));
    }

    private int internal(int width) {
        values.add(new Rows(width));
        return values.size() - 1;
    }

    private static float @Nullable [] floats(@Nullable Tensor bias) {
        return bias == null ? null : BlockCodec.floats(bias);
    }
}
