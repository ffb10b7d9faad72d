package dev.sluice.measure;

import dev.sluice.backend.CompiledLayer;
import dev.sluice.backend.Device;
import dev.sluice.backend.KvType;
import dev.sluice.graph.Activation;
import dev.sluice.graph.Layer;
import dev.sluice.graph.LayerBuilder;
import dev.sluice.graph.Op;
import dev.sluice.graph.Rotation;
import dev.sluice.tensor.DType;
import dev.sluice.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Whole blocks of a model: norms, rotation, attention and the feed-forward network, in one submission, so that a device takes
 * them as it takes a model's.
 */
final class Blocks {
    private static final float EPSILON = 1e-5f;
    /** Blocks in one submission, at most. */
    private static final int MOST = 48;

    private Blocks() {}

    /**
     * Copies of a block: so many that their weights take a number of bytes together, within
     * half of the memory that is free.
     *
     * @param format of all matrices
     * @param bytes at least; 0 for a single block
     * @param tokens the most of a step
     * @param depth positions in the caches before a step
     */
    static Workload of(Device device, DType format, Layer block, long bytes, int tokens, int depth) {
        RandomWeights weights = new RandomWeights();
        List<CompiledLayer> compiled;
        try {
            List<Layer> layers = new ArrayList<>(List.of(copy(weights, format, block, 0)));
            Layer first = layers.getFirst();
            long wanted = Math.clamp(Math.ceilDiv(bytes, first.weightBytes()), 1, MOST);
            long room = device.availableBytes() / 2 / Math.max(1, device.residentBytes(first));
            for (int i = 1; i < Math.min(wanted, room); i++) {
                layers.add(copy(weights, format, block, i));
            }
            compiled = device.compile(layers, (done, total) -> {});
        } catch (RuntimeException e) {
            weights.close();
            throw e;
        }
        long positionBytes = block.attention()
                .map(op -> 2L * op.kvHeads() * KvType.F16.bytes(op.headDim()))
                .orElse(0L);
        Workload workload = new Workload(device, weights, compiled, tokens, depth, positionBytes);
        try {
            workload.fill(compiled.getFirst(), KvType.F16);
            return workload;
        } catch (RuntimeException e) {
            workload.close();
            throw e;
        }
    }

    private static Layer copy(RandomWeights weights, DType format, Layer block, int number) {
        return new LayerCopy(weights, number + " ", format).of(block);
    }

    /**
     * A block as models usually have it: heads of 64 floats, four of them for one of keys, a network of 8/3 of the width.
     *
     * @param width a multiple of 256, which all formats take
     */
    static Layer usual(RandomWeights weights, int width) {
        int heads = width / 64;
        return block(weights, width, width * 8 / 3 / 256 * 256, heads, heads / 4);
    }

    /** A block so small that what it takes is launches and meetings of threads alone. */
    static Layer tiny(RandomWeights weights) {
        return block(weights, 128, 128, 2, 2);
    }

    private static Layer block(RandomWeights w, int width, int hidden, int heads, int kvHeads) {
        int dim = 64;
        LayerBuilder b = new LayerBuilder("block", Layer.Kind.BLOCK, width);
        Rotation rotation = new Rotation(Rotation.Pairing.INTERLEAVED, new float[dim / 2], 1);
        int x = b.input();
        int u = b.add(norm(w, width), x);
        int q = b.add(linear(matrix(w, "q", width, heads * dim)), u);
        int k = b.add(linear(matrix(w, "k", width, kvHeads * dim)), u);
        int v = b.add(linear(matrix(w, "v", width, kvHeads * dim)), u);
        q = b.add(new Op.Rope(heads, dim, rotation), q);
        k = b.add(new Op.Rope(kvHeads, dim, rotation), k);
        int a = b.add(new Op.Attention(heads, kvHeads, dim, (float) (1 / Math.sqrt(dim)), 0), q, k, v);
        x = b.add(new Op.Add(width), x, b.add(linear(matrix(w, "o", heads * dim, width)), a));
        u = b.add(norm(w, width), x);
        int f = b.add(
                new Op.GatedFfn(
                        matrix(w, "gate", width, hidden),
                        matrix(w, "up", width, hidden),
                        matrix(w, "down", hidden, width),
                        Activation.SILU),
                u);
        b.add(new Op.Add(width), x, f);
        return b.build();
    }

    private static Op.RmsNorm norm(RandomWeights w, int width) {
        return new Op.RmsNorm(w.vector("gain", width, 1), EPSILON, width);
    }

    private static Op.Linear linear(Tensor weight) {
        return new Op.Linear(weight, null);
    }

    /** Its copies have other formats. */
    private static Tensor matrix(RandomWeights w, String name, int cols, int rows) {
        return w.matrix(name, DType.Q4_0, cols, rows);
    }
}
