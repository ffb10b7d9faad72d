package dev.sluice.measure;

import dev.sluice.backend.Device;
import dev.sluice.graph.Layer;
import dev.sluice.graph.Node;
import dev.sluice.graph.Op;
import dev.sluice.plan.FormatRate;
import dev.sluice.plan.RatePoint;
import dev.sluice.plan.WidthRate;
import dev.sluice.tensor.DType;
import dev.sluice.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleSupplier;

/** How fast a device computes blocks and heads of random weights, with all that stands between their products. */
final class ProductRates {
    /** Sequences that are decoded at once. */
    private static final List<Integer> SEQUENCES = List.of(2, 4, 8, 16);

    private static final int IN_A_ROW = 8;
    private static final List<Integer> HEADS = List.of(1, 4, 8, 16);
    /**
     * With more arithmetic decides, and it does not matter whether weights lie in a cache. With eight it does: a processor that
     * found them there was predicted to be a fifth faster than it is.
     */
    private static final int FEW = 8;

    private static final int LAYERS_OF_MANY = 8;
    private static final int CHOICES = 8;

    /** Positions that sequences look back on: attention has some work, and most of what it takes there is not reading. */
    private static final int DEPTH = 32;

    /** What is subtracted of a step's time may be wrong, but not by so much. */
    private static final double LEAST_SHARE = 0.3;

    private final Device device;
    private final Stopwatch watch;
    private final long bytes;
    private final int mostTokens;
    private final StepCost step;
    private final double kvBytesPerSecond;

    /**
     * What a step takes that computes next to nothing.
     *
     * @param hop seconds of beginning and ending it
     * @param restedHop the same after the device has rested
     * @param launch seconds of each block
     */
    record StepCost(double hop, double restedHop, double launch) {}

    /**
     * Rates of one device.
     *
     * @param bytes of weights that a step reads: far more than caches hold
     * @param mostTokens of a step
     * @param step is not part of the rates
     * @param kvBytesPerSecond that attention reads, which is not part of them either
     */
    ProductRates(Device device, Stopwatch watch, long bytes, int mostTokens, StepCost step, double kvBytesPerSecond) {
        this.device = device;
        this.watch = watch;
        this.bytes = bytes;
        this.mostTokens = mostTokens;
        this.step = step;
        this.kvBytesPerSecond = kvBytesPerSecond;
    }

    /** Of blocks like one, with all matrices in a format. */
    FormatRate blocks(DType format, Layer block) {
        try (Workload work = Blocks.of(device, format, block, bytes, mostTokens, DEPTH)) {
            int all = work.layers();
            int many = Math.min(LAYERS_OF_MANY, all);
            // Not in turns with others: devices find out what is fastest for single tokens while they compute them.
            double one = watch.seconds(() -> work.secondsInARow(IN_A_ROW));
            List<DoubleSupplier> runs = new ArrayList<>();
            for (int sequences : SEQUENCES) {
                int n = sequences > FEW ? many : all;
                work.addSequences(sequences, n);
                runs.add(() -> work.secondsOfSequences(sequences, n));
            }
            runs.add(() -> work.seconds(mostTokens, many));
            double[] seconds = watch.seconds(runs);
            List<RatePoint> points = new ArrayList<>();
            points.add(new RatePoint(1, work.weightBytes(all) / rest(one, all, reading(work, 1, all))));
            for (int i = 0; i < SEQUENCES.size(); i++) {
                int n = SEQUENCES.get(i) > FEW ? many : all;
                double rest = rest(seconds[i], n, reading(work, SEQUENCES.get(i), n));
                points.add(new RatePoint(SEQUENCES.get(i), work.weightBytes(n) / rest));
            }
            double flops = flops(work.layer(), mostTokens) * many / rest(seconds[SEQUENCES.size()], many, 0);
            return new FormatRate(List.of(new WidthRate(columns(work.layer()), points, flops)));
        }
    }

    /** Seconds in which attention reads the caches. */
    private double reading(Workload work, int sequences, int layers) {
        return sequences * work.cacheBytes(layers) / kvBytesPerSecond;
    }

    private double rest(double seconds, int layers, double attention) {
        return Math.max(LEAST_SHARE * seconds, seconds - step.hop() - layers * step.launch() - attention);
    }

    /** Of heads like one, in a format. */
    FormatRate heads(DType format, Layer head) {
        try (Heads heads = new Heads(device, format, head, bytes, mostTokens)) {
            double[] seconds = watch.seconds(HEADS.stream()
                    .map(tokens -> (DoubleSupplier) () -> heads.logits(tokens))
                    .toList());
            List<RatePoint> points = new ArrayList<>();
            double rest = 0;
            for (int i = 0; i < HEADS.size(); i++) {
                rest = rest(seconds[i], 1, 0);
                points.add(new RatePoint(HEADS.get(i), heads.bytes() / rest));
            }
            // More rows of logits than sequences nobody asks for.
            double flops = flops(head, HEADS.getLast()) / rest;
            return new FormatRate(List.of(new WidthRate(columns(head), points, flops)));
        }
    }

    /** Seconds that choosing the largest logit takes for each of them: of many choices, as one is little beside a head. */
    double choice(DType format, Layer head) {
        try (Heads heads = new Heads(device, format, head, 0, CHOICES)) {
            double[] seconds = watch.seconds(List.of(() -> heads.logits(CHOICES), () -> heads.choices(CHOICES)));
            return Math.max(0, seconds[1] - seconds[0]) / CHOICES / heads.vocabulary();
        }
    }

    private static double flops(Layer layer, int tokens) {
        double flops = 0;
        for (Node node : layer.nodes()) {
            Op op = node.op();
            flops += op instanceof Op.Linear || op instanceof Op.GatedFfn ? op.flops(tokens, 1) : 0;
        }
        return flops;
    }

    /** Columns of all matrices together, by their rows: as the planner has them of a layer. */
    private static int columns(Layer layer) {
        long elements = 0;
        long rows = 0;
        for (Tensor tensor : layer.weights()) {
            if (tensor.shape().rows() > 1) {
                elements += tensor.shape().elements();
                rows += tensor.shape().rows();
            }
        }
        return Math.toIntExact(Math.round((double) elements / rows));
    }
}
