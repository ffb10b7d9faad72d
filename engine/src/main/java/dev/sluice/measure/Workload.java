package dev.sluice.measure;

import dev.sluice.backend.CompiledLayer;
import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceMemory;
import dev.sluice.backend.KvType;
import dev.sluice.backend.LayerState;
import dev.sluice.backend.ReadBack;
import dev.sluice.backend.StateSource;
import dev.sluice.backend.Step;
import dev.sluice.graph.Layer;
import dev.sluice.graph.Node;
import dev.sluice.graph.Op;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Layers of one shape on a device, to be timed: {@link Workloads} makes them. One thread at a time; closing it frees what
 * they hold on the device.
 */
public final class Workload implements AutoCloseable {
    private final Device device;
    private final RandomWeights weights;
    private final List<CompiledLayer> layers;
    private final List<LayerState> states = new ArrayList<>();
    private final List<LayerState> more = new ArrayList<>();
    /** For each layer the states of all sequences. */
    private final List<List<@Nullable LayerState>> others = new ArrayList<>();

    private KvType type = KvType.F16;
    private final int mostTokens;
    private final int depth;
    private final long positionBytes;
    private final DeviceMemory in;
    private final DeviceMemory between;
    private final DeviceMemory out;

    /**
     * Takes over weights and layers, also if it fails.
     *
     * @param layers blocks, each as wide at its end as at its beginning
     * @param mostTokens of one step
     * @param depth positions in the KV cache before a step, for layers with attention
     * @param positionBytes bytes of keys and values that one layer reads for each of them
     */
    Workload(
            Device device,
            RandomWeights weights,
            List<CompiledLayer> layers,
            int mostTokens,
            int depth,
            long positionBytes) {
        this.device = device;
        this.weights = weights;
        this.layers = layers;
        this.mostTokens = mostTokens;
        this.depth = depth;
        this.positionBytes = positionBytes;
        List<DeviceMemory> memories = new ArrayList<>();
        int width = layers.getFirst().layer().inputWidth();
        try {
            for (int i = 0; i < 3; i++) {
                memories.add(device.allocate((long) Float.BYTES * width * mostTokens));
            }
            float[] values = new float[width * mostTokens];
            SplittableRandom random = new SplittableRandom(1);
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) random.nextGaussian();
            }
            memories.getFirst().write(0, MemorySegment.ofArray(values));
        } catch (RuntimeException e) {
            memories.forEach(DeviceMemory::close);
            layers.forEach(CompiledLayer::close);
            weights.close();
            throw e;
        }
        in = memories.get(0);
        between = memories.get(1);
        out = memories.get(2);
    }

    /** Gives each layer a KV cache, filled by a layer that keeps the same keys and values and costs less. */
    void fill(CompiledLayer filler, KvType keptAs) {
        type = keptAs;
        // Its kernels for this kind of cache are made with a cache of its own.
        Objects.requireNonNull(device.newState(filler, 1, type)).close();
        for (CompiledLayer layer : layers) {
            states.add(filled(layer, filler, depth + mostTokens));
            others.add(new ArrayList<>());
        }
    }

    private LayerState filled(CompiledLayer layer, CompiledLayer filler, int capacity) {
        LayerState state = Objects.requireNonNull(device.newState(layer, capacity, type));
        for (int at = 0; at < depth; at += mostTokens) {
            Step step = new Step(at, Math.min(mostTokens, depth - at), 0);
            filler.submit(step, in, out, state).await();
        }
        return state;
    }

    /**
     * Gives the first layers caches for several sequences, filled alike.
     *
     * @param sequences that there are then, at least
     */
    void addSequences(int sequences, int count) {
        for (int i = 0; i < count; i++) {
            List<@Nullable LayerState> own = others.get(i);
            while (own.size() < sequences) {
                if (!own.isEmpty()) {
                    more.add(filled(layers.get(i), layers.get(i), depth + 1));
                }
                own.add(own.isEmpty() ? states.get(i) : more.getLast());
            }
        }
    }

    /**
     * Runs a step of one token of each of several sequences.
     *
     * @param sequences as many as {@link #addSequences} gave these layers
     * @return seconds
     */
    double secondsOfSequences(int sequences, int count) {
        Step step = Step.forParts(sequences);
        for (int i = 0; i < sequences; i++) {
            step.add(depth, 1, 0);
        }
        return seconds(step, count, layer -> others.get(layer).toArray(LayerState[]::new));
    }

    /** How many layers there are. */
    public int layers() {
        return layers.size();
    }

    /** Bytes that a step of one token has to read in so many layers: weights as the file has them, keys, values. */
    public long bytes(int count) {
        return weightBytes(count) + count * positionBytes * depth;
    }

    /** Bytes of the weights of so many layers. */
    long weightBytes(int count) {
        return layers.subList(0, count).stream()
                .mapToLong(layer -> layer.layer().weightBytes())
                .sum();
    }

    /** Bytes of keys and values that a step of one token reads in so many layers. */
    double cacheBytes(int count) {
        return (double) count * positionBytes * depth;
    }

    /** Floating-point operations of a step in so many layers. */
    public double flops(int tokens, int count) {
        double flops = 0;
        for (CompiledLayer layer : layers.subList(0, count)) {
            for (Node node : layer.layer().nodes()) {
                Op op = node.op();
                flops += op.flops(tokens, depth + (tokens + 1) / 2);
            }
        }
        return flops;
    }

    /** Seconds of a step of one token in all layers. */
    public double seconds() {
        return seconds(1, layers.size());
    }

    /**
     * Runs a step and waits for it.
     *
     * @param tokens at most as many as it was made for
     * @param count how many of the layers, from the first on
     * @return seconds
     */
    public double seconds(int tokens, int count) {
        return secondsAt(depth, tokens, count);
    }

    /** As {@link #seconds(int, int)}, at an earlier position. */
    double secondsAt(int position, int tokens, int count) {
        if (tokens < 1 || tokens > mostTokens || count < 1 || count > layers.size()) {
            throw new IllegalArgumentException(
                    tokens + " of " + mostTokens + " tokens in " + count + " of " + layers.size() + " layers");
        }
        return seconds(new Step(position, tokens, 0), count, this::states);
    }

    /**
     * Seconds of each of several steps of one token, run as a greedy generation runs them: the next is on its way before the
     * last is waited for, so that what the host does for it counts where it takes the device's processor.
     */
    double secondsInARow(int steps) {
        int ahead = device.stepsAhead();
        List<ReadBack> reads = new ArrayList<>();
        try {
            for (int i = 0; i <= ahead; i++) {
                reads.add(out.readBack(0, Integer.BYTES));
            }
            Step step = new Step(depth, 1, 0);
            long started = System.nanoTime();
            for (int submitted = 0, taken = 0; taken < steps; taken++) {
                for (; submitted < steps && submitted - taken <= ahead; submitted++) {
                    device.submit(layers, step, in, between, out, this::states);
                    reads.get(submitted % reads.size()).start();
                }
                reads.get(taken % reads.size()).await();
            }
            return 1e-9 * Math.max(1, System.nanoTime() - started) / steps;
        } finally {
            reads.forEach(ReadBack::close);
        }
    }

    /** See {@link Visit}; the caller closes it before this. */
    Visit newVisit() {
        return new Visit();
    }

    /**
     * Steps of one token as a device among others takes them: its activations come from the host, and what the layers make of them
     * goes there.
     */
    final class Visit implements AutoCloseable {
        private final MemorySegment arriving =
                MemorySegment.ofArray(new float[layers.getFirst().layer().inputWidth()]);
        private final ReadBack leaving = out.readBack(0, arriving.byteSize());
        private final Step step = new Step(depth, 1, 0);

        /** Seconds of one in the first layers. */
        double seconds(int count) {
            long started = System.nanoTime();
            in.write(0, arriving);
            device.submit(layers.subList(0, count), step, in, between, out, Workload.this::states);
            leaving.start();
            leaving.await();
            return 1e-9 * Math.max(1, System.nanoTime() - started);
        }

        @Override
        public void close() {
            leaving.close();
        }
    }

    private double seconds(Step step, int count, StateSource source) {
        long started = System.nanoTime();
        device.submit(layers.subList(0, count), step, in, between, out, source).await();
        return 1e-9 * Math.max(1, System.nanoTime() - started);
    }

    private @Nullable LayerState[] states(int layer) {
        return states.isEmpty() ? new LayerState[0] : new LayerState[] {states.get(layer)};
    }

    /** What the layers compute, for tests. */
    Layer layer() {
        return layers.getFirst().layer();
    }

    @Override
    public void close() {
        in.close();
        between.close();
        out.close();
        more.forEach(LayerState::close);
        states.forEach(LayerState::close);
        layers.forEach(CompiledLayer::close);
        weights.close();
    }
}
