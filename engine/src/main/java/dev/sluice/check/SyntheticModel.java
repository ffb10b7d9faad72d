package dev.sluice.check;

import dev.sluice.graph.Activation;
import dev.sluice.graph.Graph;
import dev.sluice.graph.Layer;
import dev.sluice.graph.LayerBuilder;
import dev.sluice.graph.Op;
import dev.sluice.graph.Rotation;
import dev.sluice.measure.RandomWeights;
import dev.sluice.tensor.DType;
import dev.sluice.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * A model of the llama family with random weights in memory: real in shape, senseless in content. Embedding and head are
 * tied.
 *
 * @param name for people
 * @param format of all matrices
 */
record SyntheticModel(
        String name,
        DType format,
        int blocks,
        int embedding,
        int feedForward,
        int heads,
        int kvHeads,
        int headDim,
        int vocabulary) {
    private static final float EPS = 1e-5f;

    /** Elements of random matrices are about this far from 0, so that rows of ones would sum up to its root's multiple. */
    private static final float ELEMENT = 0.5f;

    /** For comparing results: every operation, sizes that leave no kernel unused, and a vocabulary that is quickly read. */
    static SyntheticModel tiny(DType format) {
        return new SyntheticModel(format + ", two blocks", format, 2, 256, 512, 4, 2, 64, 512);
    }

    /** Of the size of Llama 3.2 1B. */
    static SyntheticModel billion() {
        return new SyntheticModel(
                "1 B, random, of Llama 3.2 1B's shape", DType.Q4_K, 16, 2048, 8192, 32, 8, 64, 128_256);
    }

    /** Of the size of Llama 3.1 8B. */
    static SyntheticModel eightBillion() {
        return new SyntheticModel(
                "8 B, random, of Llama 3.1 8B's shape", DType.Q4_K, 32, 4096, 14336, 32, 8, 128, 128_256);
    }

    /** Its graph; the tensors live as long as the weights. */
    Graph graph(RandomWeights weights) {
        Tensor table = weights.matrix("token_embd", format, embedding, vocabulary);
        float[] frequencies = new float[headDim / 2];
        for (int i = 0; i < frequencies.length; i++) {
            frequencies[i] = (float) Math.pow(10_000, -2.0 * i / headDim);
        }
        Rotation rotation = new Rotation(Rotation.Pairing.INTERLEAVED, frequencies, 1);
        List<Layer> layers = new ArrayList<>();
        LayerBuilder first = new LayerBuilder("embedding", Layer.Kind.EMBEDDING, 1);
        first.add(new Op.Embed(table, 1), first.input());
        layers.add(first.build());
        for (int i = 0; i < blocks; i++) {
            layers.add(block(weights, "block " + i, rotation));
        }
        LayerBuilder head = new LayerBuilder("head", Layer.Kind.HEAD, embedding);
        int normed = head.add(norm(weights), head.input());
        head.add(new Op.Linear(table, null), normed);
        layers.add(head.build());
        return new Graph("llama", embedding, vocabulary, 131_072, layers);
    }

    /** A norm whose gain makes up for matrices that are larger than a model's, so that products are about 1. */
    private Op.RmsNorm norm(RandomWeights weights) {
        float gain = (float) (1 / (ELEMENT * Math.sqrt(embedding)));
        return new Op.RmsNorm(weights.vector("gain", embedding, gain), EPS, embedding);
    }

    private Layer block(RandomWeights weights, String name, Rotation rotation) {
        int width = heads * headDim;
        LayerBuilder b = new LayerBuilder(name, Layer.Kind.BLOCK, embedding);
        int x = b.input();
        int u = b.add(norm(weights), x);
        int q = b.add(linear(weights, name + " q", embedding, width), u);
        int k = b.add(linear(weights, name + " k", embedding, kvHeads * headDim), u);
        int v = b.add(linear(weights, name + " v", embedding, kvHeads * headDim), u);
        q = b.add(new Op.Rope(heads, headDim, rotation), q);
        k = b.add(new Op.Rope(kvHeads, headDim, rotation), k);
        float scale = (float) (1 / Math.sqrt(headDim));
        int a = b.add(new Op.Attention(heads, kvHeads, headDim, scale, 0), q, k, v);
        int o = b.add(linear(weights, name + " output", width, embedding), a);
        x = b.add(new Op.Add(embedding), x, o);
        u = b.add(norm(weights), x);
        int f = b.add(
                new Op.GatedFfn(
                        weights.matrix(name + " gate", format, embedding, feedForward),
                        weights.matrix(name + " up", format, embedding, feedForward),
                        weights.matrix(name + " down", format, feedForward, embedding),
                        Activation.SILU),
                u);
        b.add(new Op.Add(embedding), x, f);
        return b.build();
    }

    private Op.Linear linear(RandomWeights weights, String name, int cols, int rows) {
        return new Op.Linear(weights.matrix(name, format, cols, rows), null);
    }
}
