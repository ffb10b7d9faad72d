package dev.sluice.backend.cpu;

import dev.sluice.error.SluiceException;
import dev.sluice.graph.Layer;
import dev.sluice.graph.Node;
import dev.sluice.graph.Op;
import dev.sluice.system.PageMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * The memory of a device for what lies between a layer's stages, which all layers share because they run one after another, and
 * that of each worker. It grows when layers are compiled, never in a step. Not thread-safe: its device sees to that.
 */
final class Workspace implements AutoCloseable {
    private final Kernels kernels;
    private final int batchTokens;
    private final Arena arena = Arena.ofShared();
    private final List<Scratch> workers = new ArrayList<>();
    private float[] values = new float[0];
    private float[] gathered = new float[0];
    private MemorySegment rounded = MemorySegment.NULL;

    /** Room for nothing yet, for so many workers. */
    Workspace(Kernels kernels, int workerCount, int batchTokens) {
        this.kernels = kernels;
        this.batchTokens = batchTokens;
        for (int i = 0; i < workerCount; i++) {
            workers.add(new Scratch(arena, i));
        }
    }

    /** What it comes to take for some layers, counted before anything is compiled: no less than that. */
    static long mostBytes(List<Layer> layers, int batchTokens) {
        long most = 0;
        for (Layer layer : layers) {
            long floats = 0;
            for (Node node : layer.nodes()) {
                floats += node.op() instanceof Op.GatedFfn f
                        ? 2L * f.hidden() + f.width()
                        : node.op().width();
            }
            most = Math.max(most, Float.BYTES * floats * batchTokens);
        }
        return most;
    }

    /**
     * Sees to it that a layer has room.
     *
     * @throws SluiceException if one array cannot hold its values
     */
    void reserve(CpuLayer compiled) {
        Layer layer = compiled.layer();
        long all = compiled.scratchFloatsPerToken() * batchTokens;
        // The head's logits and an argument's index are written to the caller's memory; all else may be scratch.
        long floats = layer.kind() == Layer.Kind.HEAD ? all - (long) layer.outputWidth() * batchTokens : all;
        if (floats > Integer.MAX_VALUE - 8) {
            throw new SluiceException(layer.name() + " needs " + floats * Float.BYTES + " bytes of scratch for "
                    + batchTokens + " tokens: use smaller batches");
        }
        if (values.length < floats) {
            values = new float[(int) floats];
        }
        if (layer.kind() == Layer.Kind.HEAD && gathered.length < layer.inputWidth() * batchTokens) {
            gathered = new float[layer.inputWidth() * batchTokens];
        }
        for (Node node : layer.nodes()) {
            for (Scratch own : workers) {
                kernels.reserve(node.op(), own);
            }
        }
        long roundedBytes = compiled.roundedBytes(batchTokens);
        if (rounded.byteSize() < roundedBytes) {
            rounded = PageMemory.allocate(arena, roundedBytes);
        }
    }

    /** The memory of each worker. */
    List<Scratch> workers() {
        return workers;
    }

    /** Room for the values between a layer's entrance and exit. */
    float[] values() {
        return values;
    }

    /** Room for a layer's rounded values. */
    MemorySegment rounded() {
        return rounded;
    }

    /** Room for a batch of a head's input rows. */
    float[] gathered() {
        return gathered;
    }

    /** No worker may be at work any more. */
    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
        values = new float[0];
        gathered = new float[0];
    }
}
