package dev.sluice.backend.opencl;

import dev.sluice.backend.CompiledLayer;
import dev.sluice.backend.DeviceMemory;
import dev.sluice.backend.Fence;
import dev.sluice.backend.KvType;
import dev.sluice.backend.LayerState;
import dev.sluice.backend.StateSource;
import dev.sluice.backend.Step;
import dev.sluice.graph.Layer;
import dev.sluice.graph.Op;
import dev.sluice.opencl.Buffer;
import dev.sluice.opencl.Queue;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A layer bound to an OpenCL device: its stages in order. */
final class OpenClCompiledLayer implements CompiledLayer {
    /** Beyond this many bytes of weights a launch costs little beside what it does. */
    private static final long MOST_CHAINED_BYTES = 64L << 20;

    private final OpenClDevice device;
    private final Layer layer;
    private final @Nullable StreamedMatrices streamed;
    private final LayerResources resources;
    private final List<Stage> stages;
    private final int scratchSlots;
    private final boolean inPlaceNeedsCopy;
    private final Map<KvType, Optional<LayerCalls>> calls = new EnumMap<>(KvType.class);
    private final long residentBytes;
    private final List<CompiledLayer> alone = List.of(this);
    private final Op.@Nullable Attention attention;
    // What a submission needs is used again by the next, so that steps allocate nothing.
    private final Buffer[] slots;
    private KvCache[] caches = {};
    private @Nullable Run run;
    private @Nullable LayerState[] given = {};
    private final StateSource source = i -> given;
    private boolean chains;
    private final boolean records;
    private final Deadline.Work work;
    private boolean closed;

    /**
     * Compiles a layer.
     *
     * @param streamed its matrices, if they are not resident
     * @param hosted whether its matrices lie in the host's memory
     */
    OpenClCompiledLayer(OpenClDevice device, Layer layer, @Nullable StreamedMatrices streamed, boolean hosted) {
        this.device = device;
        this.layer = layer;
        attention = layer.attention().orElse(null);
        this.streamed = streamed;
        resources = new LayerResources(device, streamed, hosted);
        LayerPlan plan = new LayerPlan(device, resources, layer);
        stages = plan.stages();
        try {
            plan.build();
            inPlaceNeedsCopy = layer.kind() == Layer.Kind.BLOCK && plan.lastReadsInput();
            scratchSlots = plan.slotWidths().size();
            slots = new Buffer[Value.SCRATCH + scratchSlots];
            for (int i = 0; i < scratchSlots; i++) {
                device.scratch().reserve(i, plan.slotWidths().get(i));
            }
            if (inPlaceNeedsCopy) {
                device.scratch().reserve(scratchSlots, layer.outputWidth());
            }
            if (layer.kind() == Layer.Kind.HEAD) {
                device.scratch().reserve(scratchSlots, layer.inputWidth());
            }
            device.scratch().reservePanels(widestProduct(layer));
        } catch (RuntimeException e) {
            release();
            throw e;
        }
        residentBytes = resources.bytes();
        work = Deadline.Work.of(layer);
        records = streamed == null
                && attention != null
                && !inPlaceNeedsCopy
                && stages.stream().allMatch(Stage::records);
    }

    private static int widestProduct(Layer layer) {
        return layer.matrices().stream()
                .mapToInt(matrix -> Math.toIntExact(matrix.shape().cols()))
                .max()
                .orElse(0);
    }

    @Override
    public Layer layer() {
        return layer;
    }

    /** What a step has to do here, roughly. */
    Deadline.Work work() {
        return work;
    }

    @Override
    public long residentBytes() {
        return residentBytes;
    }

    @Override
    public Fence submit(Step step, DeviceMemory in, DeviceMemory out, @Nullable LayerState... states) {
        synchronized (device) {
            given = states;
            return device.submit(alone, step, in, out, out, source);
        }
    }

    /** Queues the layer's launches; the caller holds the device. */
    void queue(Queue queue, Step step, DeviceMemory in, DeviceMemory out, @Nullable LayerState[] states) {
        boolean head = layer.kind() == Layer.Kind.HEAD;
        int rows = head || layer.kind() == Layer.Kind.ARGMAX ? step.outputRows() : step.tokens();
        requireRoom(step);
        Buffer source = buffer(in, (long) (head ? step.tokens() : rows) * layer.inputWidth());
        Buffer target = buffer(out, (long) rows * layer.outputWidth());
        checkCaches(step, states);
        if (rows == 0) {
            return;
        }
        if (source == target && layer.kind() != Layer.Kind.BLOCK) {
            throw new IllegalArgumentException(layer.name() + " cannot write over its input");
        }
        if (streamed != null) {
            streamed.arrive(queue);
        }
        boolean copies = source == target && inPlaceNeedsCopy;
        slots[Value.INPUT] = head && rows < step.tokens() ? outputRows(queue, step, source) : source;
        slots[Value.OUTPUT] = copies ? device.scratch().slot(scratchSlots) : target;
        for (int i = 0; i < scratchSlots; i++) {
            slots[Value.SCRATCH + i] = device.scratch().slot(i);
        }
        Run present = run;
        if (present == null) {
            present = new Run(queue, step, rows, caches, slots);
            run = present;
        } else {
            present.again(queue, step, rows, caches);
        }
        device.recorder().enter(layer.name(), step);
        for (int i = 0; i < stages.size(); i++) {
            stages.get(i).submit(present);
        }
        if (copies) {
            queue.copy(slots[Value.OUTPUT], 0, target, 0, (long) Float.BYTES * rows * layer.outputWidth());
        }
    }

    /** A copy of the rows that logits are wanted for: others may lie between them. */
    private Buffer outputRows(Queue queue, Step step, Buffer source) {
        Buffer gathered = device.scratch().slot(scratchSlots);
        long rowBytes = (long) Float.BYTES * layer.inputWidth();
        for (int p = 0; p < step.parts(); p++) {
            int rows = step.outputRows(p);
            if (rows > 0) {
                int from = step.firstRow(p) + step.tokens(p) - rows;
                queue.copy(source, from * rowBytes, gathered, step.firstOutput(p) * rowBytes, rows * rowBytes);
            }
        }
        return gathered;
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

    /** Checks the parts' states and gathers their caches. */
    private void checkCaches(Step step, @Nullable LayerState[] states) {
        Op.Attention op = attention;
        if (op == null) {
            for (int p = 0; p < Math.min(step.parts(), states.length); p++) {
                if (states[p] != null) {
                    throw new IllegalArgumentException(layer.name() + " keeps no state");
                }
            }
            return;
        }
        if (caches.length < step.parts()) {
            caches = new KvCache[step.parts()];
        }
        for (int p = 0; p < step.parts(); p++) {
            caches[p] = cache(op, step, p, p < states.length ? states[p] : null);
            for (int before = 0; before < p; before++) {
                if (caches[before] == caches[p]) {
                    throw new IllegalArgumentException(
                            layer.name() + ": parts " + before + " and " + p + " have the same KV cache");
                }
            }
        }
    }

    private KvCache cache(Op.Attention op, Step step, int part, @Nullable LayerState state) {
        if (!(state instanceof KvCache own) || !own.fits(device, op)) {
            throw new IllegalArgumentException(layer.name() + " needs a KV cache of its own, still open");
        }
        long end = (long) step.position(part) + step.tokens(part);
        if (end > own.capacity()) {
            throw new IllegalArgumentException("positions " + step.position(part) + " to " + (end - 1)
                    + " exceed the KV cache of " + own.capacity());
        }
        return own;
    }

    /** In the order in which they run. */
    List<Stage> stages() {
        return stages;
    }

    /** The layer's KV cache for a step of one token, which and whose ends are looked at as {@link #queue} does. */
    KvCache token(Step step, DeviceMemory in, DeviceMemory out, @Nullable LayerState[] states) {
        requireRoom(step);
        buffer(in, layer.inputWidth());
        buffer(out, layer.outputWidth());
        checkCaches(step, states);
        return caches[0];
    }

    /** @throws IllegalStateException if the layer is closed */
    void requireOpen() {
        if (closed) {
            throw new IllegalStateException(layer.name() + " has been closed");
        }
    }

    private void requireRoom(Step step) {
        if (step.tokens() > device.batchTokens()) {
            throw new IllegalArgumentException(
                    "a step of " + step.tokens() + " tokens on a device opened for " + device.batchTokens());
        }
    }

    /** What the layer's launches come to for one token, if they can go in one launch with others'. */
    Optional<LayerCalls> calls(KvType type) {
        return calls.getOrDefault(type, Optional.empty());
    }

    /** Whether there are such calls for some type of cache. */
    boolean chains() {
        return chains;
    }

    /** Whether its launches for one token can be recorded. */
    boolean records() {
        return records;
    }

    /** See {@link Stage#shape}. */
    long shape(int position) {
        long shape = 0;
        for (int i = 0; i < stages.size(); i++) {
            // A layer has one attention, and nothing else depends on the position.
            shape = Math.max(shape, stages.get(i).shape(position));
        }
        return shape;
    }

    boolean belongsTo(OpenClDevice other) {
        return device == other;
    }

    /** Gets ready for KV caches of a format. */
    void prepare(KvType type) {
        stages.forEach(stage -> stage.prepare(type));
        boolean chained = streamed == null
                && device.tuning().vectors().patience() > 0
                && residentBytes <= MOST_CHAINED_BYTES
                && !inPlaceNeedsCopy;
        Op.Attention op = attention;
        if (op != null && chained) {
            calls.computeIfAbsent(type, t -> LayerTracer.calls(device, resources, op, stages, scratchSlots, t));
        }
        chains = calls.values().stream().anyMatch(Optional::isPresent);
    }

    private void release() {
        stages.forEach(Stage::close);
        resources.release();
    }

    @Override
    public void close() {
        device.settle();
        device.exclusivelyIfOpen(() -> {
            if (!closed) {
                closed = true;
                release();
                device.layers().forget(this);
            }
        });
    }
}
