package dev.sluice.measure;

import dev.sluice.backend.CompiledLayer;
import dev.sluice.backend.Device;
import dev.sluice.backend.KvType;
import dev.sluice.graph.Activation;
import dev.sluice.graph.Layer;
import dev.sluice.graph.LayerBuilder;
import dev.sluice.graph.Op;
import dev.sluice.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/**
 * Makes {@link Workload}s. All take the least bytes that the layers shall read together, which decides how many there are:
 * more than the caches hold, where the rate of one token counts. Half of the device's free memory is not exceeded unless one
 * layer takes more; a {@link dev.sluice.error.SluiceException} says so if the device cannot hold that.
 */
public final class Workloads {
    /** Layers in one submission, at most: a model has no more. */
    private static final int MOST_LAYERS = 96;

    /** Positions that the layer looks back which fills KV caches. */
    private static final int WINDOW = 16;

    private Workloads() {}

    /**
     * Products with square matrices, each after a norm, as in a model.
     *
     * @param tokens the most of a step
     */
    public static Workload linear(Device device, DType format, int width, long bytes, int tokens) {
        RandomWeights weights = new RandomWeights();
        return build(device, weights, bytes, tokens, i -> {
            LayerBuilder b = new LayerBuilder("matrix " + i, Layer.Kind.BLOCK, width);
            int x = b.add(norm(weights, width), b.input());
            b.add(new Op.Linear(weights.matrix("matrix " + i, format, width, width), null), x);
            return b.build();
        });
    }

    /**
     * Feed-forward networks, each after a norm: three products, of which the first two share what they read.
     *
     * @param tokens the most of a step
     */
    public static Workload feedForward(Device device, DType format, int embedding, int hidden, long bytes, int tokens) {
        RandomWeights weights = new RandomWeights();
        return build(device, weights, bytes, tokens, i -> {
            LayerBuilder b = new LayerBuilder("network " + i, Layer.Kind.BLOCK, embedding);
            int x = b.add(norm(weights, embedding), b.input());
            b.add(
                    new Op.GatedFfn(
                            weights.matrix("gate " + i, format, embedding, hidden),
                            weights.matrix("up " + i, format, embedding, hidden),
                            weights.matrix("down " + i, format, hidden, embedding),
                            Activation.SILU),
                    x);
            return b.build();
        });
    }

    private static Op.RmsNorm norm(RandomWeights weights, int width) {
        return new Op.RmsNorm(weights.vector("gain", width, 1), 1e-5f, width);
    }

    /**
     * Attention behind a context, each with two small products that give it keys and values, whose bytes count.
     *
     * @param heads what has the query heads and KV heads
     * @param depth positions in the cache before a step
     * @param tokens the most of a step
     */
    public static Workload attention(Device device, Heads heads, KvType type, int depth, long bytes, int tokens) {
        RandomWeights weights = new RandomWeights();
        long positionBytes = 2L * heads.kv() * type.bytes(heads.dim());
        Workload workload =
                build(device, weights, bytes, tokens, depth, positionBytes, i -> attention(weights, heads, "" + i, 0));
        try (CompiledLayer filler = device.compile(attention(weights, heads, "0", WINDOW))) {
            workload.fill(filler, type);
            return workload;
        } catch (RuntimeException e) {
            workload.close();
            throw e;
        }
    }

    private static Layer attention(RandomWeights weights, Heads heads, String name, int window) {
        int width = heads.query() * heads.dim();
        int kvWidth = heads.kv() * heads.dim();
        LayerBuilder b = new LayerBuilder("attention " + name, Layer.Kind.BLOCK, width);
        int k = b.add(new Op.Linear(weights.matrix("keys " + name, DType.Q4_0, width, kvWidth), null), b.input());
        int v = b.add(new Op.Linear(weights.matrix("values " + name, DType.Q4_0, width, kvWidth), null), b.input());
        float scale = (float) (1 / Math.sqrt(heads.dim()));
        b.add(new Op.Attention(heads.query(), heads.kv(), heads.dim(), scale, window), b.input(), k, v);
        return b.build();
    }

    /**
     * The heads of attention.
     *
     * @param query how many query heads
     * @param kv how many KV heads, which divide them
     * @param dim floats of a head
     */
    public record Heads(int query, int kv, int dim) {}

    private static Workload build(
            Device device, RandomWeights weights, long bytes, int tokens, IntFunction<Layer> layer) {
        return build(device, weights, bytes, tokens, 0, 0, layer);
    }

    private static Workload build(
            Device device,
            RandomWeights weights,
            long bytes,
            int tokens,
            int depth,
            long positionBytes,
            IntFunction<Layer> layer) {
        List<CompiledLayer> compiled = new ArrayList<>();
        try {
            Layer first = layer.apply(0);
            long states = positionBytes * (depth + tokens);
            long resident = device.residentBytes(first) + states;
            long wanted = Math.clamp(Math.ceilDiv(bytes, first.weightBytes() + states), 1, MOST_LAYERS);
            long room = Math.max(1, device.availableBytes() / 2 / Math.max(1, resident));
            long count = Math.min(wanted, room);
            List<Layer> layers = new ArrayList<>(List.of(first));
            for (int i = 1; i < count; i++) {
                layers.add(layer.apply(i));
            }
            compiled.addAll(device.compile(layers, (done, total) -> {}));
        } catch (RuntimeException e) {
            weights.close();
            throw e;
        }
        return new Workload(device, weights, compiled, tokens, depth, positionBytes);
    }
}
