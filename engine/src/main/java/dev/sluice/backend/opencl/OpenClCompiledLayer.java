package dev.sluice.backend.opencl;

import dev.sluice.backend.CompiledLayer;
import dev.sluice.backend.DeviceMemory;
import dev.sluice.backend.Fence;
import dev.sluice.backend.KvType;
import dev.sluice.backend.LayerState;
import dev.sluice.backend.Step;
import dev.sluice.graph.Layer;
import dev.sluice.graph.Op;
import dev.sluice.opencl.Buffer;
import dev.sluice.opencl.Queue;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A layer bound to an OpenCL device: its stages in order. */
final class OpenClCompiledLayer implements CompiledLayer {
    private final OpenClDevice device;
    private final Layer layer;
    private final LayerResources resources;
    private final List<Stage> stages;
    private final int scratchSlots;
    private final boolean inPlaceNeedsCopy;
    private final long residentBytes;
    private boolean closed;

    OpenClCompiledLayer(OpenClDevice device, Layer layer) {
        this.device = device;
        this.layer = layer;
        resources = new LayerResources(device);
        LayerPlan plan = new LayerPlan(device, resources, layer);
        stages = plan.stages();
        try {
            plan.build();
            inPlaceNeedsCopy = layer.kind() == Layer.Kind.BLOCK && plan.lastReadsInput();
            scratchSlots = plan.slotWidths().size();
            for (int i = 0; i < scratchSlots; i++) {
                device.scratch().reserve(i, plan.slotWidths().get(i));
            }
            if (inPlaceNeedsCopy) {
                device.scratch().reserve(scratchSlots, layer.outputWidth());
            }
            device.scratch().reservePanels(widestProduct(layer));
        } catch (RuntimeException e) {
            release();
            throw e;
        }
        residentBytes = resources.bytes();
    }

    private static int widestProduct(Layer layer) {
        int widest = 0;
        for (var node : layer.nodes()) {
            long cols = switch (node.op()) {
                case Op.Linear l -> l.weight().shape().cols();
                case Op.GatedFfn f -> Math.max(f.gate().shape().cols(), f.hidden());
                case Op.Embed e -> 0;
                case Op.RmsNorm n -> 0;
                case Op.Rope r -> 0;
                case Op.Attention a -> 0;
                case Op.Add a -> 0;
                case Op.ArgMax a -> 0;
            };
            widest = Math.max(widest, Math.toIntExact(cols));
        }
        return widest;
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
        device.exclusively(queue -> {
            if (closed) {
                throw new IllegalStateException(layer.name() + " has been closed");
            }
            execute(queue, step, in, out, state);
        });
        return device.fence();
    }

    private void execute(Queue queue, Step step, DeviceMemory in, DeviceMemory out, @Nullable LayerState state) {
        boolean some = layer.kind() == Layer.Kind.HEAD || layer.kind() == Layer.Kind.ARGMAX;
        int rows = some ? step.outputRows() : step.tokens();
        int skipped = layer.kind() == Layer.Kind.HEAD ? step.tokens() - rows : 0;
        if (step.tokens() > device.batchTokens()) {
            throw new IllegalArgumentException(
                    "a step of " + step.tokens() + " tokens on a device opened for " + device.batchTokens());
        }
        Buffer source = buffer(in, (long) (rows + skipped) * layer.inputWidth());
        Buffer target = buffer(out, (long) rows * layer.outputWidth());
        KvCache cache = cache(state, step);
        if (rows == 0) {
            return;
        }
        if (source == target && layer.kind() != Layer.Kind.BLOCK) {
            throw new IllegalArgumentException(layer.name() + " cannot write over its input");
        }
        boolean copies = source == target && inPlaceNeedsCopy;
        Buffer[] slots = new Buffer[Value.SCRATCH + scratchSlots];
        slots[Value.INPUT] = source;
        slots[Value.OUTPUT] = copies ? device.scratch().slot(scratchSlots) : target;
        for (int i = 0; i < scratchSlots; i++) {
            slots[Value.SCRATCH + i] = device.scratch().slot(i);
        }
        Run run = new Run(queue, step.position(), rows, cache, slots, Math.multiplyExact(skipped, layer.inputWidth()));
        for (Stage stage : stages) {
            stage.submit(run);
        }
        if (copies) {
            queue.copy(slots[Value.OUTPUT], 0, target, 0, (long) Float.BYTES * rows * layer.outputWidth());
        }
        device.submitted();
    }

    private Buffer buffer(DeviceMemory memory, long elements) {
        if (!(memory instanceof OpenClMemory own) || !own.belongsTo(device)) {
            throw new IllegalArgumentException(layer.name() + ": memory of another device");
        }
        if (own.bytes() < elements * Float.BYTES) {
            throw new IllegalArgumentException(
                    layer.name() + " needs " + elements * Float.BYTES + " bytes, the memory has " + own.bytes());
        }
        // Kernels count elements in an int.
        if (elements > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(layer.name() + ": " + elements + " elements in one step are too many");
        }
        return own.buffer();
    }

    private @Nullable KvCache cache(@Nullable LayerState state, Step step) {
        Op.Attention op = layer.attention().orElse(null);
        if (op == null) {
            if (state != null) {
                throw new IllegalArgumentException(layer.name() + " keeps no state");
            }
            return null;
        }
        if (!(state instanceof KvCache own) || !own.fits(device, op)) {
            throw new IllegalArgumentException(layer.name() + " needs a KV cache of its own, still open");
        }
        if ((long) step.position() + step.tokens() > own.capacity()) {
            throw new IllegalArgumentException("positions " + step.position() + " to "
                    + ((long) step.position() + step.tokens() - 1) + " exceed the KV cache of " + own.capacity());
        }
        return own;
    }

    /** Gets ready for KV caches of a format. */
    void prepare(KvType type) {
        stages.forEach(stage -> stage.prepare(type));
    }

    private void release() {
        stages.forEach(Stage::close);
        resources.release();
    }

    @Override
    public void close() {
        device.exclusivelyIfOpen(() -> {
            if (!closed) {
                closed = true;
                release();
                device.forget(this);
            }
        });
    }
}
