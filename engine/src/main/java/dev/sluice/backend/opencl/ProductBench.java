package dev.sluice.backend.opencl;

import dev.sluice.backend.Step;
import dev.sluice.graph.Activation;
import dev.sluice.opencl.Buffer;
import dev.sluice.opencl.Queue;
import dev.sluice.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Objects;

/** Times a product of a model, with its own weights, norm and bias, and with random activations. */
final class ProductBench extends StageBench {
    private static final KvCache[] NO_CACHES = {};
    private static final int MOST_COPIES = 128;
    /** Multiplications of all copies, at most. */
    private static final double MOST_WORK = 1e9;

    private static final Value X = new Value(Value.INPUT, 0, 0);

    private final Phase phase;
    private final ProductTuning others;
    private final List<Product> copies = new ArrayList<>();
    private final Buffer[] slots;
    private final float[] x;
    private final float[] residual;
    private final int width;

    /**
     * Makes the copies.
     *
     * @param sample the product of a layer that stays open
     * @param others the tuning of the phases that are not measured
     * @param start the tuning to compare with
     */
    ProductBench(OpenClDevice device, Product sample, Phase phase, ProductTuning others, DeviceTuning start, int many) {
        super(device, start, phase.tokens(many));
        this.phase = phase;
        this.others = others;
        int most = Arrays.stream(phase.tokens(many)).max().getAsInt();
        width = sample.activation() == null
                ? sample.matrices().stream().mapToInt(Matrix::rows).sum()
                : sample.rows(0);
        x = random(sample.cols() * most, 1);
        residual = random(width * most, 2);
        try {
            slots = new Buffer[] {
                newBuffer((long) Float.BYTES * x.length, "activations"),
                newBuffer((long) Float.BYTES * residual.length, "results"),
                newBuffer((long) Float.BYTES * residual.length, "results")
            };
            device.scratch().reservePanels(sample.cols());
            int count = count(sample, Arrays.stream(phase.tokens(many)).sum());
            for (int i = 0; i < count; i++) {
                copies.add(copy(sample, i == 0));
            }
            begin();
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    private int count(Product sample, int tokens) {
        long bytes =
                sample.matrices().stream().mapToLong(m -> m.tiles().byteSize()).sum();
        double work = (double) sample.cols()
                * sample.matrices().stream().mapToLong(Matrix::rows).sum()
                * tokens;
        long byBytes = Math.ceilDiv(Math.min(WORKING_SET, device.availableBytes() / 2), bytes);
        return Math.clamp(
                Math.min(byBytes, (long) (MOST_WORK / work)), 1, phase == Phase.ONE ? MOST_COPIES : MOST_COPIES / 2);
    }

    private Product copy(Product sample, boolean itself) {
        List<Matrix> matrices = new ArrayList<>();
        for (Matrix matrix : sample.matrices()) {
            Buffer tiles = itself ? matrix.tiles() : copy(matrix.tiles());
            matrices.add(new Matrix(tiles, matrix.type(), matrix.rows(), matrix.cols()));
        }
        return new Product(
                matrices,
                sample.norm(),
                sample.bias(),
                sample.activation(),
                new Value(X.slot(), 0, sample.cols()),
                sample.residual() == null ? null : new Value(Value.SCRATCH, 0, width),
                new Value(Value.OUTPUT, 0, width));
    }

    private Buffer copy(Buffer original) {
        Buffer copy = newBuffer(original.byteSize(), "a copy of weights");
        device.exclusively(queue -> queue.copy(original, 0, copy, 0, original.byteSize()));
        return copy;
    }

    private DType type() {
        return copies.getFirst().matrices().getFirst().type();
    }

    @Override
    List<Stage> make(DeviceTuning tuning) {
        List<Stage> stages = new ArrayList<>();
        try {
            for (Product copy : copies) {
                stages.add(
                        switch (phase) {
                            case ONE ->
                                Objects.requireNonNull(Linear.one(device, copy, tuning), "a token does not fit");
                            case FEW -> new Linear(device, copy, others.with(phase, tuning));
                            case MANY -> Linear.many(device, copy, tuning);
                        });
            }
            return stages;
        } catch (RuntimeException e) {
            stages.forEach(Stage::close);
            throw e;
        }
    }

    @Override
    Run run(Queue queue, int copy, int tokens) {
        return new Run(queue, new Step(0, tokens, tokens), tokens, NO_CACHES, slots);
    }

    @Override
    void reset(Queue queue) {
        queue.write(slots[Value.INPUT], 0, MemorySegment.ofArray(x));
        queue.write(slots[Value.OUTPUT], 0, MemorySegment.ofArray(new float[residual.length]));
        queue.write(slots[Value.SCRATCH], 0, MemorySegment.ofArray(residual));
    }

    @Override
    Result result() {
        return new Result(slots[Value.OUTPUT], width, width);
    }

    @Override
    Collection<ProgramSpec> programs(DeviceTuning tuning) {
        return switch (phase) {
            case ONE -> Linear.oneSpecs(tuning, type());
            case FEW -> List.of();
            case MANY -> Linear.manySpecs(tuning, type());
        };
    }

    @Override
    double limit(DeviceTuning candidate, int tokens) {
        DeviceTuning start = device.tunings().base();
        // Each of the two may be so far from the truth, in the other direction: four times the mean square.
        double limit = 4 * Math.max(limit(candidate), limit(start));
        Activation activation = copies.getFirst().activation();
        return activation == null
                ? limit
                : activation == Activation.GELU_TANH ? Math.max(1e-6, 10 * limit) : 10 * limit;
    }

    /** Of a tuning, against the definition. */
    private double limit(DeviceTuning tuning) {
        if (tuning.vectors().dot().takes(type())) {
            return phase == Phase.ONE ? 1e-8 : 1e-4;
        }
        if (phase == Phase.ONE) {
            return 1e-9;
        }
        return switch (tuning.planes().arithmetic()) {
            case FLOATS -> 1e-9;
            case HALVES -> 1e-5;
            case MATRIX -> 1e-6;
            case BYTES -> 2e-4;
        };
    }
}
