package dev.sluice.runtime;

import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceMemory;
import dev.sluice.backend.KvType;
import dev.sluice.backend.LayerState;
import dev.sluice.backend.StateSource;
import dev.sluice.backend.Step;
import dev.sluice.error.SluiceException;
import dev.sluice.graph.Graph;
import dev.sluice.graph.Layer;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A model's layers, compiled for one device or several, and the walk through them. Thread-safe: sequences of several threads may run
 * at once, and share the weights; the device takes their layers in turn.
 */
public final class Executor implements AutoCloseable {
    private static final @Nullable LayerState[] NO_STATES = {};

    private final Graph graph;
    private final int batchTokens;
    private final Placement placement;

    /** Compiles every layer for one device, to be resident; see {@link #Executor(Graph, List, int, Progress, Recovery)}. */
    public Executor(Graph graph, Device device, int batchTokens, Progress progress) {
        this(graph, List.of(Assignment.resident(device, graph.layers().size())), batchTokens, progress, Recovery.NONE);
    }

    /** As {@link #Executor(Graph, List, int, Progress, Recovery)}, for devices without others in reserve. */
    public Executor(Graph graph, List<Assignment> assignments, int batchTokens, Progress progress) {
        this(graph, assignments, batchTokens, progress, Recovery.NONE);
    }

    /**
     * Compiles every layer.
     *
     * @param assignments that share the layers, in order
     * @param batchTokens the most tokens that go through a layer together, as the devices were opened with
     * @param recovery finds other devices when one fails, now or at any step
     * @throws SluiceException if a device cannot hold or compute a layer; nothing stays allocated then
     */
    public Executor(Graph graph, List<Assignment> assignments, int batchTokens, Progress progress, Recovery recovery) {
        this.graph = graph;
        this.batchTokens = batchTokens;
        if (graph.layers().getLast().kind() != Layer.Kind.HEAD) {
            throw new IllegalArgumentException("the graph's last layer is not its head");
        }
        placement = new Placement(graph, assignments, progress, recovery);
    }

    public Graph graph() {
        return graph;
    }

    /** Which device has which layers, in order. */
    public List<Assignment> assignments() {
        return placement.assignments();
    }

    /**
     * Nanoseconds that steps were with each device but the last, as the host sees it, since the layers were placed.
     *
     * @param decoding in steps of one token of each sequence, or else in steps of prompts
     */
    public List<Long> partNanos(boolean decoding) {
        PartTimes times = placement.times();
        return decoding ? times.decoding() : times.prompts();
    }

    /** The path that computation takes, for people. */
    public String path() {
        List<DevicePart> parts = placement.parts();
        if (parts.size() == 1) {
            return parts.getFirst().path();
        }
        return parts.stream()
                .map(part -> part.range() + " on " + part.device().info().id() + ": " + part.path())
                .collect(Collectors.joining("; "));
    }

    /** The most tokens that go through a layer together. */
    public int batchTokens() {
        return batchTokens;
    }

    /** The most tokens of one step, all sequences together. */
    public int stepTokens() {
        return Math.multiplyExact(batchTokens, Assignment.MOST_MICRO_BATCHES);
    }

    /**
     * As many tokens of a prompt as a step had best read: more keep several devices busy, or use streamed weights more often
     * before they are dropped; on one device that has all weights they gain nothing.
     */
    public int promptTokens() {
        if (streams()) {
            return batchTokens * ring();
        }
        return computingParts() > 1 ? stepTokens() : batchTokens;
    }

    /** The steps in which a prompt is read, and the tokens of each one's micro-batches. */
    public List<List<Integer>> promptSteps(int tokens) {
        List<List<Integer>> steps = new ArrayList<>();
        for (int from = 0; from < tokens; from += promptTokens()) {
            steps.add(Grouping.rows(new Step(from, Math.min(promptTokens(), tokens - from), 0), this));
        }
        return steps;
    }

    /** Sequences of the groups in which a step that decodes may go through the devices; it does if that turns out to be faster. */
    public List<Integer> decodeGroups(int sequences) {
        Step step = Step.forParts(sequences);
        for (int i = 0; i < sequences; i++) {
            step.add(0, 1, 1);
        }
        return Grouping.rows(step, this);
    }

    /**
     * A batch, for steps of several sequences at once.
     *
     * @param logitRows the most rows of logits that one step will be asked for, all sequences together
     * @throws SluiceException if the device has no room for it
     */
    public Batch newBatch(int logitRows) {
        return new Batch(this, stepTokens(), logitRows);
    }

    /**
     * A new, empty sequence with activations of its own.
     *
     * @param capacity the most tokens it will hold
     * @param logitRows the most rows of logits that one step will be asked for
     * @throws SluiceException if the device has no room for it
     */
    public Sequence newSequence(int capacity, KvType kv, int logitRows) {
        return new Sequence(this, capacity, kv, new Batch(this, 1, logitRows), true);
    }

    /**
     * A new, empty sequence that takes no memory beyond its KV cache, for one of many.
     *
     * @param capacity the most tokens it will hold
     * @param batch what it appends through, and may share with others; closed by its own owner
     * @throws SluiceException if the device has no room for it
     */
    public Sequence newSequence(int capacity, KvType kv, Batch batch) {
        if (batch.executor() != this) {
            throw new IllegalArgumentException("the batch belongs to another model");
        }
        return new Sequence(this, capacity, kv, batch, false);
    }

    /** What takes steps through the devices that there are now. */
    Pipeline newPipeline() {
        return new Pipeline(this, placement.parts(), placement.times(), placement.ring());
    }

    /** Runs the first tokens of a sequence again, through the memory of a batch, into other KV caches. */
    void replay(int[] tokens, int count, StepMemory memory, List<@Nullable LayerState> states) {
        MemorySegment ids = MemorySegment.ofArray(tokens);
        Step step = Step.forParts(1);
        Grouping grouping = new Grouping();
        for (int from = 0; from < count; from += promptTokens()) {
            int part = Math.min(promptTokens(), count - from);
            MemorySegment own = ids.asSlice((long) Integer.BYTES * from, (long) Integer.BYTES * part);
            MicroBatches work = new MicroBatches(
                    () -> new MicroBatch(1, (one, layer) -> states.get(layer), own, MemorySegment.NULL));
            grouping.cut(step.clear().add(from, part, 0), this, work);
            memory.run(work, Progress.NONE);
        }
    }

    /** What finds the states of each part's layers, by runs, from what finds those of all. */
    List<List<StateSource>> perPart(StateSource all) {
        return placement.parts().stream().map(part -> part.states(all)).toList();
    }

    /**
     * Queues the choice of the largest logit of each row.
     *
     * @param best int32 [rows], receives the choices, on the last device
     */
    void argMax(Step step, DeviceMemory logits, DeviceMemory best) {
        Device last = placement.parts().getLast().device();
        last.submit(placement.argMax(), step, logits, best, best, layer -> NO_STATES);
    }

    /** How many steps may well be on their way at once. */
    int stepsAhead() {
        // From the last device to the first the choice goes over the host.
        List<DevicePart> parts = placement.parts();
        return parts.size() == 1 ? parts.getFirst().device().stepsAhead() : 0;
    }

    int layerCount() {
        return graph.layers().size();
    }

    /** The id of a part's device. */
    String device(int part) {
        return placement.parts().get(part).device().info().id();
    }

    /** A part's layers, for people. */
    String layers(int part) {
        return placement.parts().get(part).name();
    }

    /** How many devices have blocks, and not just an embedding or a head. */
    int computingParts() {
        return placement.computingParts();
    }

    /** Of how many micro-batches a step keeps the activations on each device. */
    int ring() {
        return placement.ring();
    }

    /** Whether layers are streamed. */
    boolean streams() {
        return placement.streams();
    }

    /** On how many devices the layers are. */
    int partCount() {
        return placement.parts().size();
    }

    @Nullable
    LayerState newState(int layer, int capacity, KvType kv) {
        for (DevicePart part : placement.parts().reversed()) {
            if (layer >= part.from()) {
                return part.newState(layer, capacity, kv);
            }
        }
        throw new IndexOutOfBoundsException("layer " + layer);
    }

    /** Memory on the device of a part. */
    DeviceMemory allocate(int part, long bytes) {
        return placement.parts().get(part).device().allocate(bytes);
    }

    /** See {@link Placement#epoch}. */
    int epoch() {
        return placement.epoch();
    }

    /** See {@link Placement#register}. */
    void register(Placed one) {
        placement.register(one);
    }

    void unregister(Placed one) {
        placement.unregister(one);
    }

    /** See {@link Placement#attempt}. */
    void attempt(Runnable work) {
        placement.attempt(work);
    }

    /** See {@link Placement#movedFromWrongDevice}. */
    boolean movedFromWrongDevice() {
        return placement.movedFromWrongDevice();
    }

    /** Frees the compiled layers; the devices stay open. */
    @Override
    public void close() {
        placement.close();
    }
}
