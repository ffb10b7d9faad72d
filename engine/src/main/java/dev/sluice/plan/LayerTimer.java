package dev.sluice.plan;

import dev.sluice.backend.CompiledLayer;
import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceMemory;
import dev.sluice.backend.KvType;
import dev.sluice.backend.LayerState;
import dev.sluice.backend.Step;
import dev.sluice.graph.Graph;
import dev.sluice.graph.Layer;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** How long a device takes for each layer of a model, from one block that it computes now. */
final class LayerTimer {
    private static final int WARM = 3;
    private static final int TIMED = 9;

    /** Seconds a byte. */
    private static final double NEVER = 1;

    private LayerTimer() {}

    /** Seconds of each layer for a token: the block's, in proportion to the bytes of weights that each reads. */
    static List<Double> seconds(Graph graph, Device device, KvType type) {
        Layer block = graph.layers().get(1);
        // A device without room for one block gets none, however fast it is.
        double perByte = device.availableBytes() < device.residentBytes(block)
                ? NEVER
                : block(graph, block, device, type) / Math.max(1, block.weightBytes());
        List<Double> seconds = new ArrayList<>();
        for (Layer layer : graph.layers()) {
            // Of the embedding a token reads one row.
            seconds.add(layer.kind() == Layer.Kind.EMBEDDING ? 0 : perByte * layer.weightBytes());
        }
        return seconds;
    }

    private static double block(Graph graph, Layer block, Device device, KvType type) {
        double[] samples = new double[TIMED];
        try (CompiledLayer compiled = device.compile(block);
                LayerState state = device.newState(compiled, WARM + TIMED, type);
                DeviceMemory memory = device.allocate((long) Float.BYTES * graph.embedding())) {
            memory.write(0, MemorySegment.ofArray(new float[graph.embedding()]));
            for (int i = 0; i < WARM + TIMED; i++) {
                long started = System.nanoTime();
                compiled.submit(new Step(i, 1, 0), memory, memory, state).await();
                if (i >= WARM) {
                    samples[i - WARM] = 1e-9 * (System.nanoTime() - started);
                }
            }
        }
        Arrays.sort(samples);
        return samples[TIMED / 2];
    }
}
