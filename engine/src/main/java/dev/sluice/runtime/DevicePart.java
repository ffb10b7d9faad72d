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
import dev.sluice.graph.Layer;
import dev.sluice.stream.WeightStream;
import dev.sluice.trace.LoadSpan;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Consecutive layers on one device: runs of resident ones, which are submitted together, and streamed ones between them, which
 * are submitted one by one with their weights on the way.
 */
final class DevicePart implements AutoCloseable {
    /**
     * Layers that are submitted together.
     *
     * @param from number of the first among the part's
     * @param streamed the only layer, if it is a streamed one
     */
    private record Run(
            int from, List<CompiledLayer> layers, @Nullable StreamedLayer streamed) {
        StateSource states(StateSource all) {
            return from == 0 ? all : layer -> all.of(from + layer);
        }
    }

    private final Device device;
    private final int from;
    private final int shared;
    private final List<CompiledLayer> layers = new ArrayList<>();
    private final List<Run> runs;
    private final List<Run> withoutLast;
    private final @Nullable WeightStream stream;

    /**
     * Compiles the layers.
     *
     * @param from number of the first among all layers of the model
     * @throws dev.sluice.error.SluiceException if the device cannot hold or compute them; nothing stays allocated then
     */
    DevicePart(Assignment assignment, int from, List<Layer> all, Device.Loading loading) {
        device = assignment.device();
        this.from = from;
        shared = assignment.shared().size();
        List<Layer> resident = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            if (!assignment.streamed().contains(i) && !assignment.shared().contains(i)) {
                resident.add(all.get(i));
            }
        }
        LoadSpan load = new LoadSpan(device.info().id());
        load.start();
        boolean done = false;
        List<CompiledLayer> open = new ArrayList<>();
        try {
            open.addAll(device.compile(resident, loading));
            List<CompiledLayer> compiled = List.copyOf(open);
            List<StreamedLayer> streamed = new ArrayList<>();
            int next = 0;
            for (int i = 0; i < all.size(); i++) {
                if (assignment.streamed().contains(i)) {
                    StreamedLayer layer = device.compileStreamed(all.get(i));
                    open.add(layer);
                    streamed.add(layer);
                    layers.add(layer);
                } else if (assignment.shared().contains(i)) {
                    CompiledLayer layer = device.compileShared(all.get(i));
                    open.add(layer);
                    layers.add(layer);
                } else {
                    layers.add(compiled.get(next++));
                }
            }
            stream = streamed.isEmpty()
                    ? null
                    : new WeightStream(device, streamed, assignment.slots(), assignment.packed(), loading);
            done = true;
        } finally {
            if (!done) {
                open.reversed().forEach(CompiledLayer::close);
            }
        }
        load.stop(
                layers.size(),
                layers.stream().mapToLong(CompiledLayer::residentBytes).sum());
        runs = runs(layers);
        withoutLast = runs(layers.subList(0, layers.size() - 1));
    }

    private static List<Run> runs(List<CompiledLayer> layers) {
        List<Run> runs = new ArrayList<>();
        int first = 0;
        for (int i = 0; i < layers.size(); i++) {
            if (layers.get(i) instanceof StreamedLayer streamed) {
                if (first < i) {
                    runs.add(new Run(first, layers.subList(first, i), null));
                }
                runs.add(new Run(i, layers.subList(i, i + 1), streamed));
                first = i + 1;
            }
        }
        if (first < layers.size()) {
            runs.add(new Run(first, layers.subList(first, layers.size()), null));
        }
        return List.copyOf(runs);
    }

    Device device() {
        return device;
    }

    /** Number of the first layer among all. */
    int from() {
        return from;
    }

    List<CompiledLayer> layers() {
        return layers;
    }

    /** What finds the states of each run's layers, from what finds those of all layers of the model. */
    List<StateSource> states(StateSource all) {
        StateSource own = layer -> all.of(from + layer);
        return runs.stream().map(run -> run.states(own)).toList();
    }

    /**
     * Submits all layers, or all but the head; see {@link Device#submit}.
     *
     * @param states of each run
     * @return a fence that is done when the last layer has run
     */
    Fence submit(
            boolean head,
            Step step,
            DeviceMemory in,
            DeviceMemory between,
            DeviceMemory out,
            List<StateSource> states) {
        List<Run> wanted = head ? runs : withoutLast;
        WeightStream weights = stream;
        Fence last = Fence.DONE;
        if (weights == null) {
            for (int i = 0; i < wanted.size(); i++) {
                last = submit(wanted, i, step, in, between, out, states);
            }
            return last;
        }
        weights.lock();
        try {
            for (int i = 0; i < wanted.size(); i++) {
                StreamedLayer streamed = wanted.get(i).streamed();
                if (streamed == null) {
                    last = submit(wanted, i, step, in, between, out, states);
                } else {
                    weights.enter(streamed);
                    last = submit(wanted, i, step, in, between, out, states);
                    weights.leave();
                }
            }
            return last;
        } finally {
            weights.unlock();
        }
    }

    private Fence submit(
            List<Run> wanted,
            int i,
            Step step,
            DeviceMemory in,
            DeviceMemory between,
            DeviceMemory out,
            List<StateSource> states) {
        return device.submit(
                wanted.get(i).layers(),
                step,
                i == 0 ? in : between,
                between,
                i == wanted.size() - 1 ? out : between,
                states.get(i));
    }

    @Nullable
    LayerState newState(int layer, int capacity, KvType type) {
        return device.newState(layers.get(layer - from), capacity, type);
    }

    /** Where its layers are computed and how, for people. */
    String path() {
        return device.path()
                + (shared == 0 ? "" : ", weights of " + shared + " layers used in place in the host's memory")
                + (stream == null ? "" : ", " + stream.description());
    }

    @Override
    public void close() {
        if (stream != null) {
            stream.close();
        }
        layers.reversed().forEach(CompiledLayer::close);
    }
}
