package dev.sluice.runtime;

import dev.sluice.backend.CompiledLayer;
import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceMemory;
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
import org.jspecify.annotations.Nullable;

/**
 * A model's layers, compiled for a device, and the walk through them. Thread-safe: sequences of several threads may run
 * at once, and share the weights; the device takes their layers in turn.
 */
public final class Executor implements AutoCloseable {
    private final Graph graph;
    private final Device device;
    private final int batchTokens;
    private final List<CompiledLayer> layers = new ArrayList<>();
    private final List<CompiledLayer> withoutHead;
    private final CompiledLayer argMax;

    /**
     * Compiles every layer; the weights are then resident.
     *
     * @param batchTokens the most tokens of one step, as the device was opened with
     * @throws SluiceException if the device cannot hold or compute a layer; nothing stays allocated then
     */
    public Executor(Graph graph, Device device, int batchTokens, Progress progress) {
        this.graph = graph;
        this.device = device;
        this.batchTokens = batchTokens;
        try {
            layers.addAll(device.compile(graph.layers(), (done, total) -> progress.report("loading", done, total)));
            if (layers.getLast().layer().kind() != Layer.Kind.HEAD) {
                throw new IllegalArgumentException("the graph's last layer is not its head");
            }
            withoutHead = layers.subList(0, layers.size() - 1);
            LayerBuilder best = new LayerBuilder("argmax", Layer.Kind.ARGMAX, graph.vocabulary());
            best.add(new Op.ArgMax(graph.vocabulary()), best.input());
            this.argMax = device.compile(best.build());
        } catch (RuntimeException e) {
            layers.reversed().forEach(CompiledLayer::close);
            throw e;
        }
    }

    public Graph graph() {
        return graph;
    }

    /** The path that computation takes, for people. */
    public String path() {
        return device.path();
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
        Step step = batch.step();
        if (step.outputRows() > 0) {
            device.submit(layers, step, batch.ids(), batch.hidden(), batch.logits(), batch.stateSource());
        } else {
            device.submit(withoutHead, step, batch.ids(), batch.hidden(), batch.hidden(), batch.stateSource());
        }
    }

    /** Queues the choice of the largest logit of each row of the last step's. */
    void argMax(Batch batch) {
        argMax.submit(batch.step(), batch.logits(), batch.best());
    }

    /** How many steps may well be on their way at once. */
    int stepsAhead() {
        return device.stepsAhead();
    }

    /**
     * Queues a step of one token, and the choice of the largest of its logits.
     *
     * @param id int32 [1], on the device
     * @param best int32 [1], receives the choice
     */
    void run(Step step, DeviceMemory id, Batch memory, StateSource states, DeviceMemory best) {
        device.submit(layers, step, id, memory.hidden(), memory.logits(), states);
        argMax.submit(step, memory.logits(), best);
    }

    int layerCount() {
        return layers.size();
    }

    @Nullable
    LayerState newState(int layer, int capacity, KvType kv) {
        return device.newState(layers.get(layer), capacity, kv);
    }

    DeviceMemory allocate(long bytes) {
        return device.allocate(bytes);
    }

    /** Frees the compiled layers; the device stays open. */
    @Override
    public void close() {
        argMax.close();
        layers.reversed().forEach(CompiledLayer::close);
    }
}
