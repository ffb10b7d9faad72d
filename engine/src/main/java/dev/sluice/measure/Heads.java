package dev.sluice.measure;

import dev.sluice.backend.CompiledLayer;
import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceMemory;
import dev.sluice.backend.Fence;
import dev.sluice.backend.Step;
import dev.sluice.graph.Layer;
import dev.sluice.graph.LayerBuilder;
import dev.sluice.graph.Op;
import dev.sluice.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * The end of a model on a device: head and choice. Heads follow one another in so many copies that each finds its weights in
 * memory and not in a cache, as behind a model's blocks.
 */
final class Heads implements AutoCloseable {
    private static final int ROWS = 32_768;
    private static final int MOST = 24;

    private final RandomWeights weights;
    private final List<CompiledLayer> heads;
    private final CompiledLayer choice;
    private final List<DeviceMemory> memories = new ArrayList<>();
    private final Arena arena = Arena.ofShared();
    private final MemorySegment chosen;
    private int next;

    /**
     * Copies of a head.
     *
     * @param format of the matrix
     * @param bytes that the copies take together at least
     * @param tokens the most of a step
     */
    Heads(Device device, DType format, Layer head, long bytes, int tokens) {
        weights = new RandomWeights();
        chosen = arena.allocate((long) Integer.BYTES * tokens, 64);
        List<CompiledLayer> compiled = new ArrayList<>();
        try {
            Layer first = new LayerCopy(weights, "0 ", format).of(head);
            long wanted = Math.clamp(Math.ceilDiv(bytes, first.weightBytes()), 1, MOST);
            long room = device.availableBytes() / 2 / Math.max(1, device.residentBytes(first));
            List<Layer> layers = new ArrayList<>(List.of(first));
            for (int i = 1; i < Math.min(wanted, room); i++) {
                layers.add(new LayerCopy(weights, i + " ", format).of(head));
            }
            compiled.addAll(device.compile(layers, (done, total) -> {}));
            LayerBuilder best = new LayerBuilder("choice", Layer.Kind.ARGMAX, first.outputWidth());
            best.add(new Op.ArgMax(first.outputWidth()), best.input());
            compiled.add(device.compile(best.build()));
            memories.add(device.allocate((long) Float.BYTES * first.inputWidth() * tokens));
            memories.add(device.allocate((long) Float.BYTES * first.outputWidth() * tokens));
            memories.add(device.allocate((long) Integer.BYTES * tokens));
            memories.getFirst().write(0, MemorySegment.ofArray(new float[first.inputWidth() * tokens]));
        } catch (RuntimeException e) {
            memories.forEach(DeviceMemory::close);
            compiled.forEach(CompiledLayer::close);
            weights.close();
            arena.close();
            throw e;
        }
        choice = compiled.removeLast();
        heads = List.copyOf(compiled);
    }

    /** A head as models have it at a width. */
    static Layer usual(RandomWeights weights, int width) {
        LayerBuilder b = new LayerBuilder("head", Layer.Kind.HEAD, width);
        int x = b.add(new Op.RmsNorm(weights.vector("gain", width, 1), 1e-5f, width), b.input());
        b.add(new Op.Linear(weights.matrix("head", DType.Q4_0, width, ROWS), null), x);
        return b.build();
    }

    /** Bytes of the matrix. */
    double bytes() {
        return heads.getFirst().layer().weightBytes();
    }

    /** Floats of a row of logits. */
    int vocabulary() {
        return heads.getFirst().layer().outputWidth();
    }

    /** Seconds of the logits of so many tokens, with the wait for them. */
    double logits(int tokens) {
        long started = System.nanoTime();
        submit(tokens).await();
        return 1e-9 * Math.max(1, System.nanoTime() - started);
    }

    /** Seconds of the logits of so many tokens and of choosing the largest of each, with the wait for the choice. */
    double choices(int tokens) {
        long started = System.nanoTime();
        submit(tokens);
        choice.submit(new Step(0, tokens, tokens), memories.get(1), memories.get(2));
        memories.get(2).read(0, chosen.asSlice(0, (long) Integer.BYTES * tokens));
        return 1e-9 * Math.max(1, System.nanoTime() - started);
    }

    private Fence submit(int tokens) {
        CompiledLayer head = heads.get(next);
        next = (next + 1) % heads.size();
        return head.submit(new Step(0, tokens, tokens), memories.get(0), memories.get(1));
    }

    @Override
    public void close() {
        memories.forEach(DeviceMemory::close);
        choice.close();
        heads.forEach(CompiledLayer::close);
        weights.close();
        arena.close();
    }
}
