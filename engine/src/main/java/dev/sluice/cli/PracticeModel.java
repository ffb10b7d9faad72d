package dev.sluice.cli;

import dev.sluice.tensor.DType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A small GGUF file that takes the ways of a real model: llama-shaped, weights of every format that is computed, a
 * byte-level vocabulary of thousands of merges. It says nothing; the JVM practises its start with it.
 */
final class PracticeModel {
    private static final int ALIGNMENT = 32;
    private static final int EMBEDDING = 256;
    private static final int FEED_FORWARD = 512;
    private static final int HEADS = 4;
    private static final int KV_HEADS = 2;
    private static final int KV_WIDTH = EMBEDDING / HEADS * KV_HEADS;

    private static final int STRING = 8;
    private static final int ARRAY = 9;
    private static final int INT32 = 5;

    /** Every format that is computed. */
    static final List<DType> ALL_FORMATS = List.of(
            DType.Q4_1,
            DType.Q8_0,
            DType.Q4_0,
            DType.Q5_0,
            DType.Q5_1,
            DType.Q4_K,
            DType.Q5_K,
            DType.Q6_K,
            DType.F16,
            DType.BF16,
            DType.F32);

    private final ByteArrayOutputStream keys = new ByteArrayOutputStream();
    private final ByteArrayOutputStream tensors = new ByteArrayOutputStream();
    private final ByteArrayOutputStream data = new ByteArrayOutputStream();
    private int keyCount;
    private int tensorCount;
    private int matrices;

    /** Formats of the matrices, in turn. */
    private final List<DType> formats;

    private PracticeModel(List<DType> formats) {
        this.formats = formats;
    }

    /** Writes the file. */
    static void write(Path path, int blocks, List<DType> formats) throws IOException {
        PracticeModel model = new PracticeModel(formats);
        model.hyperparameters(blocks);
        int vocabulary = model.vocabulary();
        model.weights(blocks, vocabulary);
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        file.writeBytes("GGUF".getBytes(StandardCharsets.US_ASCII));
        number(file, 3, Integer.BYTES);
        number(file, model.tensorCount, Long.BYTES);
        number(file, model.keyCount, Long.BYTES);
        model.keys.writeTo(file);
        model.tensors.writeTo(file);
        align(file);
        model.data.writeTo(file);
        Files.write(path, file.toByteArray());
    }

    private void hyperparameters(int blocks) {
        text("general.architecture", "llama");
        text("general.name", "practice");
        integer("llama.context_length", 2048);
        integer("llama.embedding_length", EMBEDDING);
        integer("llama.block_count", blocks);
        integer("llama.feed_forward_length", FEED_FORWARD);
        integer("llama.attention.head_count", HEADS);
        integer("llama.attention.head_count_kv", KV_HEADS);
        key("llama.attention.layer_norm_rms_epsilon", 6);
        number(keys, Float.floatToIntBits(1e-5f), Integer.BYTES);
    }

    /** Letters, then all words of two and of some three letters, as merges would build them. */
    private int vocabulary() {
        List<String> tokens = new ArrayList<>();
        List<String> merges = new ArrayList<>();
        tokens.add("<|endoftext|>");
        String letters = "abcdefghijklmnopqrstuvwxyz";
        String signs = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,!?'-\u0120\u010a"; // the last two: space and line feed
        tokens.addAll(singles(letters + signs));
        List<String> words = join(singles(letters + '\u0120'), letters, merges);
        tokens.addAll(words);
        for (String word : words) {
            tokens.addAll(join(List.of(word), letters, merges));
        }
        text("tokenizer.ggml.model", "gpt2");
        text("tokenizer.ggml.pre", "smollm");
        strings("tokenizer.ggml.tokens", tokens);
        key("tokenizer.ggml.token_type", ARRAY);
        number(keys, INT32, Integer.BYTES);
        number(keys, tokens.size(), Long.BYTES);
        for (int i = 0; i < tokens.size(); i++) {
            number(keys, i == 0 ? 3 : 1, Integer.BYTES); // control, normal
        }
        strings("tokenizer.ggml.merges", merges);
        integer("tokenizer.ggml.eos_token_id", 0);
        return tokens.size();
    }

    private static List<String> singles(String characters) {
        return characters.chars().mapToObj(Character::toString).toList();
    }

    /** Every word with every letter behind it, and the merges that make them. */
    private static List<String> join(List<String> words, String letters, List<String> merges) {
        List<String> joined = new ArrayList<>();
        for (String word : words) {
            for (String letter : singles(letters)) {
                joined.add(word + letter);
                merges.add(word + " " + letter);
            }
        }
        return joined;
    }

    private void weights(int blocks, int vocabulary) {
        matrix("token_embd.weight", EMBEDDING, vocabulary);
        gain("output_norm.weight");
        for (int i = 0; i < blocks; i++) {
            String block = "blk." + i + ".";
            gain(block + "attn_norm.weight");
            matrix(block + "attn_q.weight", EMBEDDING, EMBEDDING);
            matrix(block + "attn_k.weight", EMBEDDING, KV_WIDTH);
            matrix(block + "attn_v.weight", EMBEDDING, KV_WIDTH);
            matrix(block + "attn_output.weight", EMBEDDING, EMBEDDING);
            gain(block + "ffn_norm.weight");
            matrix(block + "ffn_gate.weight", EMBEDDING, FEED_FORWARD);
            matrix(block + "ffn_up.weight", EMBEDDING, FEED_FORWARD);
            matrix(block + "ffn_down.weight", FEED_FORWARD, EMBEDDING);
        }
    }

    private void matrix(String name, int cols, int rows) {
        DType type = formats.get(matrices++ % formats.size());
        byte[] values = new byte[Math.toIntExact(type.bytes(cols) * rows)];
        for (int i = 0; i < values.length; i++) {
            values[i] = (byte) (0x10 + ((i * 5) >> 2) % 8); // small and finite in every format
        }
        tensor(name, type, values, cols, rows);
    }

    private void gain(String name) {
        ByteBuffer ones = ByteBuffer.allocate(EMBEDDING * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        while (ones.hasRemaining()) {
            ones.putFloat(1);
        }
        tensor(name, DType.F32, ones.array(), EMBEDDING);
    }

    private void tensor(String name, DType type, byte[] values, long... dimensions) {
        string(tensors, name);
        number(tensors, dimensions.length, Integer.BYTES);
        for (long dimension : dimensions) {
            number(tensors, dimension, Long.BYTES);
        }
        number(tensors, type.id(), Integer.BYTES);
        number(tensors, data.size(), Long.BYTES);
        data.writeBytes(values);
        align(data);
        tensorCount++;
    }

    private void text(String name, String value) {
        key(name, STRING);
        string(keys, value);
    }

    private void integer(String name, int value) {
        key(name, INT32);
        number(keys, value, Integer.BYTES);
    }

    private void strings(String name, List<String> values) {
        key(name, ARRAY);
        number(keys, STRING, Integer.BYTES);
        number(keys, values.size(), Long.BYTES);
        values.forEach(value -> string(keys, value));
    }

    private void key(String name, int type) {
        string(keys, name);
        number(keys, type, Integer.BYTES);
        keyCount++;
    }

    private static void string(ByteArrayOutputStream out, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        number(out, bytes.length, Long.BYTES);
        out.writeBytes(bytes);
    }

    /** Little-endian. */
    private static void number(ByteArrayOutputStream out, long value, int bytes) {
        for (int i = 0; i < bytes; i++) {
            out.write((int) (value >> (8 * i)));
        }
    }

    private static void align(ByteArrayOutputStream out) {
        while (out.size() % ALIGNMENT != 0) {
            out.write(0);
        }
    }
}
