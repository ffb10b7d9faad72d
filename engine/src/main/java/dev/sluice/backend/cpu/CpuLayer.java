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
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A layer bound to the CPU: its stages, and between which of them the workers must meet. */
final class CpuLayer implements CompiledLayer {
    private final CpuDevice device;
    private final Layer layer;
    private final List<Tensor> matrices;
    private final List<RotationTable> rotations;
    private final long residentBytes;
    private final List<Rows> values;
    private final int output;
    private final Stage[] stages;
    private final boolean[] meet;
    private final Run run = new Run();
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
        this.rotations = rotations;
        this.residentBytes = residentBytes;
        values = built.values();
        output = layer.nodes().getLast().output();
        stages = built.stages().toArray(Stage[]::new);
        meet = new boolean[stages.length];
        Set<Integer> fresh = new HashSet<>();
        for (int s = 0; s < stages.length; s++) {
            if (stages[s].reads().stream().anyMatch(fresh::contains)) {
                meet[s] = true;
                fresh.clear();
            }
            fresh.add(stages[s].writes());
        }
    }

    /** Floats of scratch that the values between entrance and exit take for one token. */
    long scratchFloatsPerToken() {
        return values.stream().mapToLong(v -> v.width).sum() - values.getFirst().width;
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

    @Override
    public Fence submit(Step step, DeviceMemory in, DeviceMemory out, @Nullable LayerState state) {
        device.exclusively(() -> {
            if (closed) {
                throw new IllegalStateException(layer.name() + " has been closed");
            }
            execute(step, in, out, state);
        });
        return Fence.DONE;
    }

    private void execute(Step step, DeviceMemory in, DeviceMemory out, @Nullable LayerState state) {
        boolean some = layer.kind() == Layer.Kind.HEAD || layer.kind() == Layer.Kind.ARGMAX;
        int tokens = some ? step.outputRows() : step.tokens();
        int skipped = layer.kind() == Layer.Kind.HEAD ? step.tokens() - tokens : 0;
        if (step.tokens() > device.batchTokens()) {
            throw new IllegalArgumentException(
                    "a step of " + step.tokens() + " tokens on a device opened for " + device.batchTokens());
        }
        float[] source = array(in, (long) (tokens + skipped) * layer.inputWidth());
        float[] target = array(out, (long) tokens * layer.outputWidth());
        run.begin(step.position(), tokens, cache(state, step));
        if (tokens == 0) {
            return;
        }
        values.getFirst().bind(source, skipped * layer.inputWidth());
        if (layer.kind() == Layer.Kind.EMBEDDING) {
            requireKnownIds(tokens);
        }
        boolean inPlace = source == target && !(layer.nodes().getLast().op() instanceof Op.Add);
        bind(inPlace ? null : target);
        for (RotationTable table : rotations) {
            table.prepare(step.position(), tokens);
        }
        device.pool().run(this::work);
        if (inPlace) {
            Rows result = values.get(output);
            System.arraycopy(result.data(), result.at(0), target, 0, tokens * result.width);
        }
    }

    private void bind(float @Nullable [] target) {
        float[] scratch = device.scratch();
        int at = 0;
        for (int v = 1; v < values.size(); v++) {
            if (v == output && target != null) {
                values.get(v).bind(target, 0);
            } else {
                values.get(v).bind(scratch, at);
                at += values.get(v).width * run.tokens();
            }
        }
    }

    private void work(Worker worker) {
        WorkerPool pool = device.pool();
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
    }

    private float[] array(DeviceMemory memory, long floats) {
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
        return own.data();
    }

    private @Nullable KvCache cache(@Nullable LayerState state, Step step) {
        Op.Attention op = layer.attention().orElse(null);
        if (op == null) {
            if (state != null) {
                throw new IllegalArgumentException(layer.name() + " keeps no state");
            }
            return null;
        }
        if (!(state instanceof KvCache own) || !own.belongsTo(device) || !own.fits(op) || own.isClosed()) {
            throw new IllegalArgumentException(layer.name() + " needs a KV cache of its own, still open");
        }
        if ((long) step.position() + step.tokens() > own.capacity()) {
            throw new IllegalArgumentException("positions " + step.position() + " to "
                    + ((long) step.position() + step.tokens() - 1) + " exceed the KV cache of " + own.capacity());
        }
        return own;
    }

    private void requireKnownIds(int tokens) {
        if (layer.nodes().getFirst().op() instanceof Op.Embed embed) {
            long known = embed.table().shape().rows();
            Rows ids = values.getFirst();
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
                device.forget(this);
            }
        });
    }
}
