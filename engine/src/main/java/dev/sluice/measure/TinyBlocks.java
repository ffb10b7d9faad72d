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

/** Whole blocks of a model, so small that what they take is launches and meetings of threads alone. */
final class TinyBlocks {
    private static final int WIDTH = 128;
    private static final int HEADS = 2;
    private static final int HEAD_DIM = 64;

    private TinyBlocks() {}

    /** So many blocks, for steps of one token at the beginning of a context. */
    static Workload of(Device device, int blocks) {
        RandomWeights weights = new RandomWeights();
        List<CompiledLayer> compiled;
        try {
            List<Layer> layers = new ArrayList<>();
            for (int i = 0; i < blocks; i++) {
                layers.add(block(weights, "tiny " + i + " "));
            }
            compiled = device.compile(layers, (done, total) -> {});
        } catch (RuntimeException e) {
            weights.close();
            throw e;
        }
        Workload workload = new Workload(device, weights, compiled, 1, 0, 0);
        try {
            workload.fill(compiled.getFirst(), KvType.F16);
            return workload;
        } catch (RuntimeException e) {
            workload.close();
            throw e;
        }
    }

    private static Layer block(RandomWeights w, String name) {
        LayerBuilder b = new LayerBuilder(name, Layer.Kind.BLOCK, WIDTH);
        Rotation rotation = new Rotation(Rotation.Pairing.INTERLEAVED, new float[HEAD_DIM / 2], 1);
        int x = b.input();
        int u = b.add(new Op.RmsNorm(w.vector(name + "gain", WIDTH, 1), 1e-5f, WIDTH), x);
        int q = b.add(linear(w, name + "q"), u);
        int k = b.add(linear(w, name + "k"), u);
        int v = b.add(linear(w, name + "v"), u);
        q = b.add(new Op.Rope(HEADS, HEAD_DIM, rotation), q);
        k = b.add(new Op.Rope(HEADS, HEAD_DIM, rotation), k);
        int a = b.add(new Op.Attention(HEADS, HEADS, HEAD_DIM, 0.125f, 0), q, k, v);
        x = b.add(new Op.Add(WIDTH), x, b.add(linear(w, name + "o"), a));
        u = b.add(new Op.RmsNorm(w.vector(name + "gain", WIDTH, 1), 1e-5f, WIDTH), x);
        int f = b.add(
                new Op.GatedFfn(matrix(w, name + "g"), matrix(w, name + "u"), matrix(w, name + "d"), Activation.SILU),
                u);
        b.add(new Op.Add(WIDTH), x, f);
        return b.build();
    }

    private static Op.Linear linear(RandomWeights w, String name) {
        return new Op.Linear(matrix(w, name), null);
    }

    private static Tensor matrix(RandomWeights w, String name) {
        return w.matrix(name, DType.Q8_0, WIDTH, WIDTH);
    }
}
