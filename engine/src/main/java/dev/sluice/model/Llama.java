package dev.sluice.model;

import dev.sluice.error.SluiceException;
import dev.sluice.formats.Metadata;
import dev.sluice.formats.ModelSource;
import dev.sluice.graph.Activation;
import dev.sluice.graph.Graph;
import dev.sluice.graph.Layer;
import dev.sluice.graph.LayerBuilder;
import dev.sluice.graph.Op;
import dev.sluice.graph.Rotation;
import dev.sluice.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The {@code llama} family: Llama 1 to 3, Mistral, SmolLM and their kin (Touvron et al. 2023). Pre-norm blocks of
 * grouped-query attention with interleaved rotary embedding and a SiLU-gated feed-forward network; embeddings tied or
 * not.
 */
final class Llama implements ModelFamily {
    @Override
    public String name() {
        return "llama";
    }

    @Override
    public Graph lower(ModelSource source) {
        Hyperparameters h = Hyperparameters.read(source, name());
        Metadata m = source.metadata();
        Weights w = new Weights(source);
        Tensor table = source.tensor("token_embd.weight");
        int vocabulary = Math.toIntExact(table.shape().rows());
        w.matrix("token_embd.weight", h.embedding(), vocabulary);

        int rotated = m.integer("llama.rope.dimension_count", h.headDim());
        if (rotated <= 0 || rotated % 2 != 0 || rotated > h.headDim()) {
            throw new SluiceException(source.description() + ": llama.rope.dimension_count is " + rotated
                    + " with heads of " + h.headDim());
        }
        Tensor factors = w.vectorIfPresent("rope_freqs.weight", rotated / 2);
        Rotation rotation = RopeScaling.read(source, "llama", Rotation.Pairing.INTERLEAVED, rotated / 2, factors);
        float scale = m.real("llama.attention.scale", (float) (1 / Math.sqrt(h.headDim())));

        List<Layer> layers = new ArrayList<>();
        LayerBuilder embedding = new LayerBuilder("embedding", Layer.Kind.EMBEDDING, 1);
        embedding.add(new Op.Embed(table, 1f), embedding.input());
        layers.add(embedding.build());
        for (int i = 0; i < h.blocks(); i++) {
            layers.add(block(h, w, i, rotation, scale));
        }
        LayerBuilder head = new LayerBuilder("head", Layer.Kind.HEAD, h.embedding());
        Tensor gain = w.vector("output_norm.weight", h.embedding());
        int normed = head.add(new Op.RmsNorm(gain, h.eps(), h.embedding()), head.input());
        head.add(new Op.Linear(w.matrixOr("output.weight", table), null), normed);
        layers.add(head.build());
        // Rotary tables that early converters wrote are recomputed here.
        w.requireAllUsed(List.of("attn_rot_embd", "rope_freqs.weight"));
        return new Graph(name(), h.embedding(), vocabulary, h.contextLength(), layers);
    }

    private static Layer block(Hyperparameters h, Weights w, int i, Rotation rotation, float scale) {
        String p = "blk." + i + ".";
        LayerBuilder b = new LayerBuilder("block " + i, Layer.Kind.BLOCK, h.embedding());
        int x = b.input();
        int u = b.add(new Op.RmsNorm(w.vector(p + "attn_norm.weight", h.embedding()), h.eps(), h.embedding()), x);
        int q = b.add(linear(w, p + "attn_q", h.embedding(), h.queryWidth()), u);
        int k = b.add(linear(w, p + "attn_k", h.embedding(), h.kvWidth()), u);
        int v = b.add(linear(w, p + "attn_v", h.embedding(), h.kvWidth()), u);
        q = b.add(new Op.Rope(h.heads(), h.headDim(), rotation), q);
        k = b.add(new Op.Rope(h.kvHeads(), h.headDim(), rotation), k);
        int a = b.add(new Op.Attention(h.heads(), h.kvHeads(), h.headDim(), scale, 0), q, k, v);
        int o = b.add(linear(w, p + "attn_output", h.queryWidth(), h.embedding()), a);
        x = b.add(new Op.Add(h.embedding()), x, o);

        u = b.add(new Op.RmsNorm(w.vector(p + "ffn_norm.weight", h.embedding()), h.eps(), h.embedding()), x);
        int f = b.add(
                new Op.GatedFfn(
                        w.matrix(p + "ffn_gate.weight", h.embedding(), h.feedForward()),
                        w.matrix(p + "ffn_up.weight", h.embedding(), h.feedForward()),
                        w.matrix(p + "ffn_down.weight", h.feedForward(), h.embedding()),
                        Activation.SILU),
                u);
        b.add(new Op.Add(h.embedding()), x, f);
        return b.build();
    }

    private static Op.Linear linear(Weights w, String name, int columns, int rows) {
        Tensor weight = w.matrix(name + ".weight", columns, rows);
        @Nullable Tensor bias = w.vectorIfPresent(name + ".bias", rows);
        return new Op.Linear(weight, bias);
    }
}
