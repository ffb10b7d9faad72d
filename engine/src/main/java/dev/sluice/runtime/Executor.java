package dev.sluice.runtime;

import dev.sluice.backend.CompiledLayer;
import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceMemory;
import dev.sluice.backend.Fence;
import dev.sluice.backend.KvType;
import dev.sluice.backend.LayerState;
import dev.sluice.backend.StateSource;
import dev.sluice.backend.Step;
import dev.sluice.error.SluiceException;
import dev.sluice.graph.Graph;
import dev.sluice.graph.Layer;
import dev.sluice.graph.LayerBuilder;
import dev.sluice.graph.Op;
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
    private final List<DevicePart> parts = new ArrayList<>();
    /** One layer, for the last part's device. */
    private final List<CompiledLayer> argMax;

    /** Compiles every layer for one device, to be resident; see {@link #Executor(Graph, List, int, Progress)}. */
    public Executor(Graph graph, Device device, int batchTokens, Progress progress) {
        this(graph, List.of(Assignment.resident(device, graph.layers().size())), batchTokens, progress);
    }

    /**
     * Compiles every layer.
     *
     * @param assignments that share the layers, in order
     * @param batchTokens the most tokens of one step, as the devices were opened with
     * @throws SluiceException if a device cannot hold or compute a layer; nothing stays allocated then
     */
    public Executor(Graph graph, List<Assignment> assignments, int batchTokens, Progress progress) {
        this.graph = graph;
        this.batchTokens = batchTokens;
        if (graph.layers().getLast().kind() != Layer.Kind.HEAD) {
            throw new IllegalArgumentException("the graph's last layer is not its head");
        }
        if (assignments.stream().mapToInt(Assignment::layers).sum()
                != graph.layers().size()) {
            throw new IllegalArgumentException(
                    assignments + " for " + graph.layers().size() + " layers");
        }
        try {
            int from = 0;
            for (Assignment assignment : assignments) {
                List<Layer> own = graph.layers().subList(from, from + assignment.layers());
                String what = assignments.size() == 1
                        ? "loading"
                        : "loading " + own.size() + " layers on "
                                + assignment.device().info().id();
                parts.add(new DevicePart(assignment, from, own, (done, total) -> progress.report(what, done, total)));
                from += own.size();
            }
            LayerBuilder best = new LayerBuilder("argmax", Layer.Kind.ARGMAX, graph.vocabulary());
            best.add(new Op.ArgMax(graph.vocabulary()), best.input());
            argMax = List.of(parts.getLast().device().compile(best.build()));
        } catch (RuntimeException e) {
            closeParts();
            throw e;
        }
    }

    public Graph graph() {
        return graph;
    }

    /** The path that computation takes, for people. */
    public String path() {
        if (parts.size() == 1) {
            return parts.getFirst().path();
        }
        return parts.stream()
                .map(part -> graph.layers().get(part.from()).name() + " to "
                        + part.layers().getLast().layer().name() + " on "
                        + part.device().info().id() + ": " + part.path())
                .collect(Collectors.joining("; "));
    }

    /** The most tokens of one step, all sequences together. */
    public int batchTokens() {
        return batchTokens;
    }

    /**
     * A batch, for steps of several sequences at once.
     *
     * @param logitRows the most rows of logits that one step will be asked for, all sequences together
     * @throws SluiceException if the device has no room for it
     */
    public Batch newBatch(int logitRows) {
        return new Batch(this, batchTokens, logitRows);
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

    /** Runs one step: all layers for all parts of a batch. */
    void run(Batch batch) {
        run(batch.step(), batch.ids(), batch, batch.stateSources());
    }

    /** From device to device: activations cross once at each boundary. */
    private void run(Step step, DeviceMemory ids, Batch memory, List<List<StateSource>> states) {
        boolean logits = step.outputRows() > 0;
        for (int p = 0; p < parts.size(); p++) {
            DevicePart part = parts.get(p);
            boolean last = p == parts.size() - 1;
            if (last && !logits && part.layers().size() == 1) {
                return; // the last device has nothing but the head, which nobody asks for
            }
            DeviceMemory in = p == 0 ? ids : memory.arrival(p, step.tokens());
            DeviceMemory between = memory.hidden(p);
            DeviceMemory out = last && logits ? memory.logits() : between;
            memory.trace().submitting(p);
            Fence fence = part.submit(!last || logits, step, in, between, out, states.get(p));
            memory.trace().submitted(p, step, fence);
        }
    }

    /** What finds the states of each part's layers, by runs, from what finds those of all. */
    List<List<StateSource>> perPart(StateSource all) {
        return parts.stream().map(part -> part.states(all)).toList();
    }

    /** Queues the choice of the largest logit of each row of the last step's. */
    void argMax(Batch batch) {
        argMax(batch.step(), batch.logits(), batch.best());
    }

    private void argMax(Step step, DeviceMemory logits, DeviceMemory best) {
        parts.getLast().device().submit(argMax, step, logits, best, best, layer -> NO_STATES);
    }

    /** How many steps may well be on their way at once. */
    int stepsAhead() {
        // From the last device to the first the choice goes over the host.
        return parts.size() == 1 ? parts.getFirst().device().stepsAhead() : 0;
    }

    /**
     * Queues a step of one token, and the choice of the largest of its logits.
     *
     * @param id int32 [1], on the first device
     * @param best int32 [1], receives the choice, on the last device
     */
    void run(Step step, DeviceMemory id, Batch memory, List<List<StateSource>> states, DeviceMemory best) {
        run(step, id, memory, states);
        argMax(step, memory.logits(), best);
    }

    int layerCount() {
        return graph.layers().size();
    }

    /** The id of a part's device. */
    String device(int part) {
        return parts.get(part).device().info().id();
    }

    /** A part's layers, for people. */
    String layers(int part) {
        List<CompiledLayer> own = parts.get(part).layers();
        String first = own.getFirst().layer().name();
        return own.size() == 1 ? first : first + " to " + own.getLast().layer().name();
    }

    /** On how many devices the layers are. */
    int partCount() {
        return parts.size();
    }

    @Nullable
    LayerState newState(int layer, int capacity, KvType kv) {
        for (DevicePart part : parts.reversed()) {
            if (layer >= part.from()) {
                return part.newState(layer, capacity, kv);
            }
        }
        throw new IndexOutOfBoundsException("layer " + layer);
    }

    /** Memory on the device of a part. */
    DeviceMemory allocate(int part, long bytes) {
        return parts.get(part).device().allocate(bytes);
    }

    private void closeParts() {
        parts.reversed().forEach(DevicePart::close);
    }

    /** Frees the compiled layers; the devices stay open. */
    @Override
    public void close() {
        argMax.getFirst().close();
        closeParts();
    }
}
