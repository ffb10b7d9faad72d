package dev.sluice.model;

import dev.sluice.formats.gguf.GgufWriter;
import dev.sluice.tensor.DType;
import dev.sluice.tensor.Shape;
import dev.sluice.tensor.Tensor;
import dev.sluice.tensor.TestBlocks;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** A llama-shaped file of two blocks with random weights and no vocabulary, every part of which a test can change. */
final class TinyLlama {
    static final int EMBEDDING = 32;
    static final int VOCABULARY = 40;

    private final Map<String, Object> keys = new LinkedHashMap<>();
    private final Map<String, Tensor> tensors = new LinkedHashMap<>();

    TinyLlama() {
        key("general.architecture", "llama");
        key("llama.context_length", 128);
        key("llama.embedding_length", EMBEDDING);
        key("llama.block_count", 2);
        key("llama.feed_forward_length", 64);
        key("llama.attention.head_count", 4);
        key("llama.attention.head_count_kv", 2);
        key("llama.attention.layer_norm_rms_epsilon", 1e-5f);
        matrix("token_embd.weight", EMBEDDING, VOCABULARY);
        vector("output_norm.weight", EMBEDDING);
        for (int i = 0; i < 2; i++) {
            String p = "blk." + i + ".";
            vector(p + "attn_norm.weight", EMBEDDING);
            matrix(p + "attn_q.weight", EMBEDDING, 32);
            matrix(p + "attn_k.weight", EMBEDDING, 16);
            matrix(p + "attn_v.weight", EMBEDDING, 16);
            matrix(p + "attn_output.weight", 32, EMBEDDING);
            vector(p + "ffn_norm.weight", EMBEDDING);
            matrix(p + "ffn_gate.weight", EMBEDDING, 64);
            matrix(p + "ffn_up.weight", EMBEDDING, 64);
            matrix(p + "ffn_down.weight", 64, EMBEDDING);
        }
    }

    /** Sets a key to a {@code String}, {@code Integer}, {@code Float} or {@code int[]}; null removes it. */
    TinyLlama key(String name, Object value) {
        keys.put(name, value);
        return this;
    }

    TinyLlama without(String name) {
        keys.remove(name);
        tensors.remove(name);
        return this;
    }

    TinyLlama matrix(String name, int cols, int rows) {
        Tensor values = TestBlocks.random(DType.F32, cols, rows, name.hashCode());
        tensors.put(name, new Tensor(name, DType.F32, Shape.of(cols, rows), values.data()));
        return this;
    }

    /** A matrix in another format, of blocks that are all zero bits. */
    TinyLlama matrix(String name, DType type, int cols, int rows) {
        byte[] zeros = new byte[(int) type.bytes((long) cols * rows)];
        tensors.put(name, new Tensor(name, type, Shape.of(cols, rows), MemorySegment.ofArray(zeros)));
        return this;
    }

    TinyLlama vector(String name, int length) {
        Tensor values = TestBlocks.random(DType.F32, length, 1, name.hashCode());
        tensors.put(name, new Tensor(name, DType.F32, Shape.of(length), values.data()));
        return this;
    }

    Path write(Path file) {
        GgufWriter writer = new GgufWriter();
        keys.forEach((name, value) -> {
            switch (value) {
                case String text -> writer.string(name, text);
                case Integer number -> writer.u32(name, number);
                case Float number -> writer.f32(name, number);
                case int[] numbers -> writer.i32s(name, numbers);
                default -> throw new IllegalArgumentException(name);
            }
        });
        tensors.values().forEach(writer::tensor);
        return writer.write(file);
    }
}
