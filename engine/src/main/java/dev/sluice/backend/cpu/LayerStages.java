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
    private final List<Scratch> scratches;
    private final Function<Tensor, Matrix> matrices;
    private final Function<Op.Rope, RotationTable> rotations;
    private final List<Rows> values = new ArrayList<>();
    private final List<Stage> stages = new ArrayList<>();
    private final List<Shares> shares = new ArrayList<>();
    /** The number under which stages know that a value has been rounded. */
    private final Map<Integer, Integer> roundedValues = new HashMap<>();

    private final Residuals residuals;
    private final Readers readers;

    /**
     * Builds the stages.
     *
     * @param scratches the workers' memory
     * @param matrices makes a weight matrix resident
     * @param rotations finds the sines and cosines for a rotation
     */
    LayerStages(
            Layer layer,
            Kernels kernels,
            List<Scratch> scratches,
            Function<Tensor, Matrix> matrices,
            Function<Op.Rope, RotationTable> rotations) {
        this.kernels = kernels;
        this.scratches = scratches;
        this.matrices = matrices;
        this.rotations = rotations;
        values.add(new Rows(layer.inputWidth()));
        for (Node node : layer.nodes()) {
            int column = node.op() instanceof Op.Linear linear ? linear.column() : 0;
            values.add(new Rows(node.op().width(), column));
        }
        residuals = Residuals.of(layer);
        readers = Readers.of(layer);
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

    /** What is to be begun anew for each step. */
    List<Shares> shares() {
        return shares;
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
                Rows gain = Rows.of(BlockCodec.floats(op.gain()));
                int pieces = op.width() / op.run();
                if (pieces == 1 && onlyRounded(node.output())) {
                    norm(node, op, gain, in, out);
                    return;
                }
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
        int input = node.inputs().getFirst();
        List<Integer> reads = readsOfProduct(input, readers.formats(input));
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
        Shares own = newShares();
        Shares.Portion tiles = (run, worker, first, last) ->
                kernels.linear(weight, bias, in, plus, out, run.tokens(), first, last, worker.scratch);
        stages.add(new Stage(
                all, residuals.output(node), 0, (run, worker) -> own.run(weight.tiles(), run, worker, tiles)));
    }

    private boolean onlyRounded(int value) {
        return readers.areProducts(value) && readers.formats(value).stream().allMatch(kernels::readsRounded);
    }

    /** A norm that is only read rounded: who norms a token also rounds it. */
    private void norm(Node node, Op.RmsNorm op, Rows gain, Rows in, Rows out) {
        Rounded rounded = newRounded(out);
        int known = internal(0);
        roundedValues.put(node.output(), known);
        int most = rounded.most();
        List<Rows> normed =
                scratches.stream().map(s -> s.normed(op.width(), most)).toList();
        Shares own = newShares();
        Shares.Portion groups = (run, worker, first, last) -> {
            Int8Activations to = rounded.of(worker.scratch);
            for (int group = first; group < last; group++) {
                kernels.rmsNorm(op, gain, in, out, to.firstToken(group), to.firstToken(group + 1), worker.scratch);
                kernels.round(out, to, group, worker.scratch);
            }
        };
        stages.add(new Stage(node.inputs(), known, 0, true, (run, worker) -> {
            if (rounded.each()) {
                Rows mine = normed.get(worker.index);
                kernels.rmsNorm(op, gain, in, mine, 0, run.tokens(), worker.scratch);
                kernels.round(mine, rounded.of(worker.scratch), 0, worker.scratch);
            } else {
                own.run(rounded.groups(), run, worker, groups);
            }
        }));
    }

    /** What a product with a value reads: the value and, if it is to be rounded, that, which a stage is added for. */
    private List<Integer> readsOfProduct(int value, List<DType> formats) {
        Integer known = roundedValues.get(value);
        if (known == null) {
            if (formats.stream().noneMatch(kernels::readsRounded)) {
                return List.of(value);
            }
            Rows in = values.get(value);
            Rounded rounded = newRounded(in);
            known = internal(0);
            roundedValues.put(value, known);
            Shares own = newShares();
            Shares.Portion groups = (run, worker, first, last) -> {
                for (int group = first; group < last; group++) {
                    kernels.round(in, rounded.of(worker.scratch), group, worker.scratch);
                }
            };
            stages.add(new Stage(List.of(value), known, 0, true, (run, worker) -> {
                if (rounded.each()) {
                    groups.run(run, worker, 0, 1);
                } else {
                    own.run(rounded.groups(), run, worker, groups);
                }
            }));
        }
        return List.of(value, known);
    }

    private Rounded newRounded(Rows value) {
        Rounded rounded = new Rounded(
                scratches.stream().map(s -> kernels.rounded(value.width)).toArray(Int8Activations[]::new));
        value.round(rounded);
        return rounded;
    }

    private Shares newShares() {
        Shares own = new Shares(scratches.size());
        shares.add(own);
        return own;
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
        int input = node.inputs().getFirst();
        List<Integer> reads = readsOfProduct(input, readers.formats(input));
        // A worker activates the columns that it has computed itself, so the products need no barrier between them.
        Shares own = newShares();
        Shares.Portion columns = (run, worker, first, last) -> {
            Scratch scratch = worker.scratch;
            kernels.linear(gateWeight, null, in, null, gate, run.tokens(), first, last, scratch);
            kernels.linear(upWeight, null, in, null, up, run.tokens(), first, last, scratch);
            int begin = first * RowTiles.ROWS;
            int end = Math.min(last * RowTiles.ROWS, op.hidden());
            kernels.activate(op.activation(), gate, up, run.tokens(), begin, end, scratch);
        };
        stages.add(new Stage(reads, hidden, 0, (run, worker) -> own.run(gateWeight.tiles(), run, worker, columns)));
        product(node, readsOfProduct(hidden, List.of(op.down().type())), downWeight, null, gate, out);
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
