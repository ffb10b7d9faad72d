package dev.sluice.backend.cpu;

import dev.sluice.backend.CompiledLayer;
import dev.sluice.backend.DeviceMemory;
import dev.sluice.backend.Fence;
import dev.sluice.backend.LayerState;
import dev.sluice.backend.Step;
import dev.sluice.error.SluiceException;
import dev.sluice.graph.Layer;
import dev.sluice.graph.Op;
import dev.sluice.tensor.Tensor;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A layer bound to the CPU: its stages, and between which of them the workers must meet. */
final class CpuLayer implements CompiledLayer {
    private final CpuDevice device;
    private final Layer layer;
    private final List<Tensor> matrices;
    private final RotationTable[] rotations;
    private final Op.@Nullable Attention attention;
    private final long residentBytes;
    private final Rows[] values;
    private final int output;
    private final Stage[] stages;
    private final Shares[] shares;
    private final boolean[] meetOfFew;
    private final boolean[] meetOfMany;
    /** Which of the two holds for this step. */
    private boolean[] meet;

    private final Run run;
    /** Rows of a head's input that are computed, where not all are. */
    private final int[] wanted;
    /** A head's whole input, if only some of its rows are computed; they are gathered before the first stage. */
    private float @Nullable [] gathered;
    /** Where the result has to be copied to, because it could not be written over the input. */
    private float @Nullable [] copied;

    private boolean closed;

    CpuLayer(
            CpuDevice device,
            Layer layer,
            LayerStages built,
            List<Tensor> matrices,
            List<RotationTable> rotations,
            long residentBytes) {
        this.device = device;
        this.layer = layer;
        this.matrices = matrices;
        this.rotations = rotations.toArray(RotationTable[]::new);
        attention = layer.attention().orElse(null);
        this.residentBytes = residentBytes;
        values = built.values().toArray(Rows[]::new);
        output = layer.nodes().getLast().output();
        stages = built.stages().toArray(Stage[]::new);
        shares = built.shares().toArray(Shares[]::new);
        run = new Run(device.batchTokens());
        wanted = new int[layer.kind() == Layer.Kind.HEAD ? device.batchTokens() : 0];
        meetOfFew = meetings(stages, true);
        meetOfMany = meetings(stages, false);
        meet = meetOfMany;
    }

    /**
     * Before which stages the workers have to meet.
     *
     * @param each whether stages that each worker may do for itself are done so
     */
    private static boolean[] meetings(Stage[] stages, boolean each) {
        boolean[] meet = new boolean[stages.length];
        // Values written since the workers last met, and in which pieces.
        Map<Integer, Integer> fresh = new HashMap<>();
        for (int s = 0; s < stages.length; s++) {
            Stage stage = stages[s];
            meet[s] = stage.reads().stream()
                    .map(fresh::get)
                    .anyMatch(pieces -> pieces != null && (pieces == 0 || pieces != stage.pieces()));
            if (meet[s]) {
                fresh.clear();
            }
            if (!each || !stage.each()) {
                fresh.put(stage.writes(), stage.pieces());
            }
        }
        return meet;
    }

    /** Floats of scratch that the values between entrance and exit take for one token. */
    long scratchFloatsPerToken() {
        return Arrays.stream(values).mapToLong(v -> v.width).sum() - values[0].width;
    }

    /** Bytes that the rounded values of some tokens take. */
    long roundedBytes(int tokens) {
        long bytes = 0;
        for (Rows value : values) {
            Rounded rounded = value.rounded();
            bytes += rounded == null ? 0 : rounded.mostBytes(tokens);
        }
        return bytes;
    }

    List<Tensor> matrices() {
        return matrices;
    }

    @Override
    public Layer layer() {
        return layer;
    }

    @Override
    public long residentBytes() {
        return residentBytes;
    }

    boolean belongsTo(CpuDevice other) {
        return device == other;
    }

    @Override
    public Fence submit(Step step, DeviceMemory in, DeviceMemory out, @Nullable LayerState... states) {
        device.submit(this, step, in, out, states);
        return Fence.DONE;
    }

    /**
     * Checks a step and gives every value its place. Nothing of {@code in} but a first layer's ids is read yet: the layer
     * before may still have to run.
     *
     * @return whether there is anything to compute
     */
    boolean bind(Step step, DeviceMemory in, DeviceMemory out, @Nullable LayerState[] states) {
        if (closed) {
            throw new IllegalStateException(layer.name() + " has been closed");
        }
        boolean head = layer.kind() == Layer.Kind.HEAD;
        boolean outputsOnly = head || layer.kind() == Layer.Kind.ARGMAX;
        if (step.tokens() > device.batchTokens()) {
            throw new IllegalArgumentException(
                    "a step of " + step.tokens() + " tokens on a device opened for " + device.batchTokens());
        }
        run.begin(step, outputsOnly);
        int rows = run.tokens();
        CpuMemory source = memory(in, (long) (head ? step.tokens() : rows) * layer.inputWidth());
        CpuMemory target = memory(out, (long) rows * layer.outputWidth());
        bindCaches(step, states);
        if (rows == 0) {
            return false;
        }
        if (source == target && layer.kind() != Layer.Kind.BLOCK) {
            throw new IllegalArgumentException(layer.name() + " cannot write over its input");
        }
        if (head && rows < step.tokens()) {
            gathered = source.data();
            values[0].bind(device.workspace().gathered(), 0);
            markOutputRows(step);
        } else {
            gathered = null;
            values[0].bind(source.data(), source.segment(), 0);
        }
        if (layer.kind() == Layer.Kind.EMBEDDING) {
            requireKnownIds(rows);
        }
        copied = source == target && !(layer.nodes().getLast().op() instanceof Op.Add) ? target.data() : null;
        bind(copied == null ? target : null);
        for (RotationTable table : rotations) {
            table.prepare(run);
        }
        return true;
    }

    /** Notes which rows of the input logits are wanted for: others may lie between them. */
    private void markOutputRows(Step step) {
        for (int p = 0; p < step.parts(); p++) {
            int rows = step.outputRows(p);
            int from = step.firstRow(p) + step.tokens(p) - rows;
            for (int r = 0; r < rows; r++) {
                wanted[step.firstOutput(p) + r] = from + r;
            }
        }
    }

    private void bind(@Nullable CpuMemory target) {
        float[] scratch = device.workspace().values();
        int at = 0;
        for (int v = 1; v < values.length; v++) {
            if (v == output && target != null) {
                values[v].bind(target.data(), target.segment(), 0);
            } else {
                values[v].bind(scratch, at);
                at += values[v].width * run.tokens();
            }
        }
        long roundedAt = 0;
        meet = meetOfMany;
        for (Rows value : values) {
            Rounded rounded = value.rounded();
            if (rounded != null) {
                rounded.bind(device.workspace().rounded(), roundedAt, run.tokens());
                roundedAt += rounded.bytes(run.tokens());
                meet = rounded.each() ? meetOfFew : meetOfMany;
            }
        }
        for (Shares own : shares) {
            own.begin();
        }
    }

    /** A worker's share of the layer, within a region. */
    void work(Worker worker) {
        WorkerPool pool = device.pool();
        if (gathered != null) {
            gather(gathered, worker);
            pool.barrier(worker);
        }
        for (int s = 0; s < stages.length; s++) {
            if (meet[s]) {
                pool.barrier(worker);
            }
            if (!pool.failed()) {
                try {
                    stages[s].body().run(run, worker);
                } catch (RuntimeException | Error e) {
                    // The others wait at the next barrier, so this worker goes there too, and the pool rethrows.
                    pool.fail(e);
                }
            }
        }
        if (copied != null) {
            pool.barrier(worker);
            Rows result = values[output];
            int first = worker.first(run.tokens());
            int count = worker.last(run.tokens()) - first;
            System.arraycopy(result.data(), result.at(first), copied, first * result.width, count * result.width);
        }
    }

    private void gather(float[] source, Worker worker) {
        Rows input = values[0];
        for (int r = worker.first(run.tokens()); r < worker.last(run.tokens()); r++) {
            System.arraycopy(source, wanted[r] * input.width, input.data(), input.at(r), input.width);
        }
    }

    private CpuMemory memory(DeviceMemory memory, long floats) {
        if (!(memory instanceof CpuMemory own) || !own.belongsTo(device)) {
            throw new IllegalArgumentException(layer.name() + ": memory of another device");
        }
        if (own.isClosed()) {
            throw new IllegalStateException(layer.name() + ": the memory has been closed");
        }
        if (own.bytes() < floats * Float.BYTES) {
            throw new IllegalArgumentException(
                    layer.name() + " needs " + floats * Float.BYTES + " bytes, the memory has " + own.bytes());
        }
        return own;
    }

    private void bindCaches(Step step, @Nullable LayerState[] states) {
        Op.Attention op = attention;
        for (int p = 0; p < step.parts(); p++) {
            LayerState state = p < states.length ? states[p] : null;
            if (op != null) {
                run.cache(p, cache(op, step, p, state));
            } else if (state != null) {
                throw new IllegalArgumentException(layer.name() + " keeps no state");
            }
        }
    }

    private KvCache cache(Op.Attention op, Step step, int part, @Nullable LayerState state) {
        if (!(state instanceof KvCache own) || !own.belongsTo(device) || !own.fits(op) || own.isClosed()) {
            throw new IllegalArgumentException(layer.name() + " needs a KV cache of its own, still open");
        }
        long end = (long) step.position(part) + step.tokens(part);
        if (end > own.capacity()) {
            throw new IllegalArgumentException("positions " + step.position(part) + " to " + (end - 1)
                    + " exceed the KV cache of " + own.capacity());
        }
        for (int p = 0; p < part; p++) {
            if (run.cache(p) == own) {
                throw new IllegalArgumentException(
                        layer.name() + ": parts " + p + " and " + part + " have the same KV cache");
            }
        }
        return own;
    }

    private void requireKnownIds(int tokens) {
        if (layer.nodes().getFirst().op() instanceof Op.Embed embed) {
            long known = embed.table().shape().rows();
            Rows ids = values[0];
            for (int t = 0; t < tokens; t++) {
                int id = Float.floatToRawIntBits(ids.data()[ids.at(t)]);
                if (id < 0 || id >= known) {
                    throw new SluiceException("token id " + id + " is not in the vocabulary of " + known);
                }
            }
        }
    }

    @Override
    public void close() {
        device.exclusively(() -> {
            if (!closed) {
                closed = true;
                device.layers().forget(this);
            }
        });
    }
}
