package dev.sluice.runtime;

import dev.sluice.backend.CompiledLayer;
import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceMemory;
import dev.sluice.backend.KvType;
import dev.sluice.backend.LayerState;
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

    /** The most tokens of one step. */
    public int batchTokens() {
        return batchTokens;
    }

    /**
     * A new, empty sequence.
     *
     * @param capacity the most tokens it will hold
     * @param logitRows the most rows of logits that one step will be asked for
     * @throws SluiceException if the device has no room for it
     */
    public Sequence newSequence(int capacity, KvType kv, int logitRows) {
        return new Sequence(this, capacity, kv, logitRows);
    }

    /**
     * Runs one step: appends tokens to a sequence.
     *
     * @param outputRows rows of logits to compute, for the last so many of these tokens
     */
    void step(Sequence sequence, int tokens, int outputRows) {
        Step step = new Step(sequence.position(), tokens, outputRows);
        DeviceMemory from = sequence.ids();
        for (int i = 0; i < layers.size(); i++) {
            CompiledLayer layer = layers.get(i);
            if (layer.layer().kind() == Layer.Kind.HEAD) {
                if (outputRows > 0) {
                    layer.submit(step, from, sequence.logits(), null);
                }
            } else {
                layer.submit(step, from, sequence.hidden(), sequence.state(i));
                from = sequence.hidden();
            }
        }
    }

    /** Queues the choice of the largest logit of each of the last step's output rows. */
    void argMax(Sequence sequence, int rows) {
        argMax.submit(new Step(0, rows, rows), sequence.logits(), sequence.best(), null);
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
