package dev.sluice.runtime;

import dev.sluice.backend.CompiledLayer;
import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceMemory;
import dev.sluice.backend.Fence;
import dev.sluice.backend.KvType;
import dev.sluice.backend.LayerState;
import dev.sluice.backend.StateSource;
import dev.sluice.backend.Step;
import dev.sluice.backend.StreamedLayer;
import dev.sluice.graph.HeadSlices;
import dev.sluice.graph.Layer;
import dev.sluice.stream.WeightStream;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Consecutive layers on one device: runs of resident ones, which are submitted together, and streamed ones between them, which
 * are submitted one by one with their weights on the way, or of which the processor computes a half.
 */
final class DevicePart implements AutoCloseable {
    private final Device device;
    private final int from;
    private final Assignment assignment;
    private final List<Layer> graph;
    private final PartLayers layers;
    private final List<Run> runs;
    private final List<Run> withoutLast;
    /** The first run that gives the part's output; all are behind it that give parts of it. */
    private final int firstOfOutput;

    private final @Nullable WeightStream stream;
    private final @Nullable HostHalves host;
    /** Whether the processor computes its halves in this step; changes while the stream is locked. */
    private boolean hosting;

    /**
     * Compiles the layers.
     *
     * @param from number of the first among all layers of the model
     * @param headParts the last layer, if slices of it are streamed; else none
     * @throws dev.sluice.error.SluiceException if the device cannot hold or compute them; nothing stays allocated then
     */
    DevicePart(
            Assignment assignment, int from, List<Layer> all, List<HeadSlices.Part> headParts, Device.Loading loading) {
        this.assignment = assignment;
        device = assignment.device();
        this.from = from;
        graph = List.copyOf(all);
        layers = new PartLayers(assignment, all, headParts, loading);
        runs = Run.of(layers.units());
        withoutLast = Run.of(layers.units().stream()
                .filter(unit -> unit.layer() < all.size() - 1)
                .toList());
        // Each of the head's parts ends a run.
        firstOfOutput = runs.size() - Math.max(1, headParts.size());
        HostHalves opened = null;
        boolean done = false;
        try {
            HostShare share = assignment.host();
            opened = share == null
                    ? null
                    : new HostHalves(share, device.info().id(), all.getLast().inputWidth());
            List<StreamedLayer> streamed = layers.streamed();
            stream = streamed.isEmpty()
                    ? null
                    : new WeightStream(
                            device, streamed, layers.shared(), assignment.slots(), assignment.packed(), loading);
            done = true;
        } finally {
            if (!done) {
                if (opened != null) {
                    opened.close();
                }
                layers.close();
            }
        }
        host = opened;
    }

    Device device() {
        return device;
    }

    /** Number of the first layer among all. */
    int from() {
        return from;
    }

    /** Its first and last layer, for people. */
    String range() {
        return graph.getFirst().name() + " to " + graph.getLast().name();
    }

    /** Its layers, for people. */
    String name() {
        return graph.size() == 1 ? graph.getFirst().name() : range();
    }

    /** What finds the states of each run's layers, from what finds those of all layers of the model. */
    List<StateSource> states(StateSource all) {
        StateSource own = layer -> all.of(from + layer);
        return runs.stream().map(run -> run.states(own)).toList();
    }

    /** Whether it has more than an embedding or a head. */
    boolean hasBlocks() {
        return graph.stream().anyMatch(layer -> layer.kind() == Layer.Kind.BLOCK);
    }

    /** Whether it has streamed layers. */
    boolean streams() {
        return stream != null;
    }

    /** How many runs there are, the head being in the last. */
    int runs() {
        return runs.size();
    }

    /** Whether a run's output is the part's, or some columns of it, and not what the next run reads. */
    boolean isOutput(int run) {
        return run >= firstOfOutput;
    }

    /** Whether it has nothing but the head. */
    boolean isHeadAlone() {
        return graph.getFirst().kind() == Layer.Kind.HEAD;
    }

    /** How many runs a micro-batch goes through, with the head or without it. */
    int runs(boolean head) {
        return (head ? runs : withoutLast).size();
    }

    /**
     * Work begins; if layers are streamed, that of other threads waits until it {@link #end ends}.
     *
     * @param rows of the whole step
     * @param last whether it goes through the last layer, too
     */
    void begin(int rows, boolean last) {
        if (stream != null) {
            boolean few = host != null && rows <= host.rows();
            stream.lock(!few, last);
            hosting = few;
        }
    }

    /** All has been submitted. */
    void end() {
        if (stream != null) {
            stream.unlock();
        }
    }

    /** What is submitted now computes with a run: if that is a streamed layer its weights are, or will be, in a slot. */
    void enter(int run) {
        StreamedLayer streamed = comes(runs.get(run));
        if (streamed != null && stream != null) {
            stream.enter(streamed);
        }
    }

    /** Nothing more is submitted to the run: a streamed layer's slot gets other weights. */
    void leave(int run) {
        if (comes(runs.get(run)) != null && stream != null) {
            stream.leave();
        }
    }

    /** The layer whose weights come to a slot in this step, if that is one. */
    private @Nullable StreamedLayer comes(Run run) {
        return hosting && run.onHost() != null ? null : run.streamed();
    }

    /**
     * Submits one run; see {@link Device#submit}.
     *
     * @param head whether a run at the end includes the head
     * @param states of each run
     */
    Fence submit(
            int run,
            boolean head,
            Step step,
            DeviceMemory in,
            DeviceMemory between,
            DeviceMemory out,
            List<StateSource> states) {
        Run own = (head ? runs : withoutLast).get(run);
        CompiledLayer onHost = own.onHost();
        if (hosting && onHost != null && host != null) {
            host.compute(onHost, step, in, out);
            return Fence.DONE;
        }
        return device.submit(own.layers(), step, in, between, out, states.get(run));
    }

    @Nullable
    LayerState newState(int layer, int capacity, KvType type) {
        return device.newState(layers.keeper(layer - from), capacity, type);
    }

    /** Where its layers are computed and how, for people. */
    String path() {
        int shared = assignment.shared().size();
        return device.path()
                + (shared == 0 ? "" : ", weights of " + shared + " layers used in place in the host's memory")
                + (stream == null ? "" : ", " + stream.description())
                + (host == null
                        ? ""
                        : ", " + host.description(assignment.streamed().size()));
    }

    @Override
    public void close() {
        if (stream != null) {
            stream.close();
        }
        if (host != null) {
            host.close();
        }
        layers.close();
    }
}
