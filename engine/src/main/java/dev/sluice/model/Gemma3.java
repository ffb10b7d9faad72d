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

/**
 * The {@code gemma3} family (Gemma Team 2025): norms before and after each half of a block, per-head norms of queries
 * and keys, a GELU-gated feed-forward network, the embedding scaled by √d. Five blocks of six attend to a sliding window
 * with an unscaled rotary base of their own; the sixth sees everything. Files carry the norm gains with their 1 added.
 */
final class Gemma3 implements ModelFamily {
    private static final int DEFAULT_PATTERN = 6;
    private static final float LOCAL_ROPE_BASE = 10_000f;
    /** Only this size scales queries by the embedding's share of a head instead of by the head. */
    private static final int BLOCKS_OF_27B = 62;

    @Override
    public String name() {
        return "gemma3";
    }

    @Override
    public Graph lower(ModelSource source) {
        Hyperparameters h = Hyperparameters.read(source, name());
        Metadata m = source.metadata();
        Weights w = new Weights(source);
        if (m.real("gemma3.final_logit_softcapping", 0f) != 0f) {
            throw new SluiceException(source.description()
                    + ": soft-capped logits (gemma3.final_logit_softcapping) are not supported in this family");
        }
        Tensor table = source.tensor("token_embd.weight");
        int vocabulary = Math.toIntExact(table.shape().rows());
        w.matrix("token_embd.weight", h.embedding(), vocabulary);

        int window = m.integer("gemma3.attention.sliding_window", 0);
        int pattern = m.integer("gemma3.attention.sliding_window_pattern", DEFAULT_PATTERN);
        if (window < 0 || pattern <= 0) {
            throw new SluiceException(source.description() + ": gemma3.attention.sliding_window is " + window
                    + " with a pattern of " + pattern + " blocks, which cannot be");
        }
        int pairs = h.headDim() / 2;
        Rotation global = RopeScaling.read(source, "gemma3", Rotation.Pairing.HALVES, pairs, null);
        Rotation local = RopeScaling.unscaled(
                Rotation.Pairing.HALVES, pairs, m.real("gemma3.rope.freq_base_swa", LOCAL_ROPE_BASE));
        int divisor = h.blocks() == BLOCKS_OF_27B ? h.embedding() / h.heads() : h.headDim();
        float scale = (float) (1 / Math.sqrt(divisor));

        List<Layer> layers = new ArrayList<>();
        LayerBuilder embedding = new LayerBuilder("embedding", Layer.Kind.EMBEDDING, 1);
        embedding.add(new Op.Embed(table, (float) Math.sqrt(h.embedding())), embedding.input());
        layers.add(embedding.build());
        for (int i = 0; i < h.blocks(); i++) {
            boolean sliding = window > 0 && i % pattern != pattern - 1;
            Op.Attention attention = new Op.Attention(h.heads(), h.kvHeads(), h.headDim(), scale, sliding ? window : 0);
            layers.add(block(h, w, i, sliding ? local : global, attention));
        }
        LayerBuilder head = new LayerBuilder("head", Layer.Kind.HEAD, h.embedding());
        int normed = head.add(norm(h, w, "output_norm"), head.input());
        head.add(new Op.Linear(w.matrixOr("output.weight", table), null), normed);
        layers.add(head.build());
        w.requireAllUsed(List.of());
        return new Graph(name(), h.embedding(), vocabulary, h.contextLength(), layers);
    }

    private static Layer block(Hyperparameters h, Weights w, int i, Rotation rotation, Op.Attention attention) {
        String p = "blk." + i + ".";
        LayerBuilder b = new LayerBuilder("block " + i, Layer.Kind.BLOCK, h.embedding());
        int x = b.input();
        int u = b.add(norm(h, w, p + "attn_norm"), x);
        int q = b.add(linear(w, p + "attn_q", h.embedding(), h.queryWidth()), u);
        int k = b.add(linear(w, p + "attn_k", h.embedding(), h.kvWidth()), u);
        int v = b.add(linear(w, p + "attn_v", h.embedding(), h.kvWidth()), u);
        Tensor queryGain = w.vector(p + "attn_q_norm.weight", h.headDim());
        Tensor keyGain = w.vector(p + "attn_k_norm.weight", h.headDim());
        q = b.add(new Op.RmsNorm(queryGain, h.eps(), h.queryWidth()), q);
        k = b.add(new Op.RmsNorm(keyGain, h.eps(), h.kvWidth()), k);
        q = b.add(new Op.Rope(h.heads(), h.headDim(), rotation), q);
        k = b.add(new Op.Rope(h.kvHeads(), h.headDim(), rotation), k);
        int o = b.add(linear(w, p + "attn_output", h.queryWidth(), h.embedding()), b.add(attention, q, k, v));
        o = b.add(norm(h, w, p + "post_attention_norm"), o);
        x = b.add(new Op.Add(h.embedding()), x, o);

        u = b.add(norm(h, w, p + "ffn_norm"), x);
        int f = b.add(
                new Op.GatedFfn(
                        w.matrix(p + "ffn_gate.weight", h.embedding(), h.feedForward()),
                        w.matrix(p + "ffn_up.weight", h.embedding(), h.feedForward()),
                        w.matrix(p + "ffn_down.weight", h.feedForward(), h.embedding()),
                        Activation.GELU_TANH),
                u);
        f = b.add(norm(h, w, p + "post_ffw_norm"), f);
        b.add(new Op.Add(h.embedding()), x, f);
        return b.build();
    }

    private static Op.RmsNorm norm(Hyperparameters h, Weights w, String name) {
        return new Op.RmsNorm(w.vector(name + ".weight", h.embedding()), h.eps(), h.embedding());
    }

    private static Op.Linear linear(Weights w, String name, int columns, int rows) {
        return new Op.Linear(w.matrix(name + ".weight", columns, rows), null);
    }
}
