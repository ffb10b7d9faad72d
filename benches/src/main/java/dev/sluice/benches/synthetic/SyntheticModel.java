package dev.sluice.benches.synthetic;

import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;

/**
 * Writes a GGUF file of the {@code llama} family with random weights: real in shape, senseless in content. All rows are
 * multiples of 256 long, which lets every matrix have a K format; most small published models cannot.
 *
 * <p>The same arguments give the same bytes. {@code scripts/synthetic-model} runs this from its sources.
 */
public final class SyntheticModel {
    /**
     * The sizes of a model. Widths are in elements; the attention heads together are as wide as the embedding.
     *
     * @param embedding and {@code feedForward}: multiples of 256
     */
    record Size(int blocks, int embedding, int feedForward, int heads, int kvHeads, int vocabulary) {
        /** 507 million parameters. */
        static final Size HALF_BILLION = new Size(24, 1280, 3584, 20, 4, 32_000);
        /** 9.9 billion, most of them in blocks as those of an 8 B Llama are. */
        static final Size TEN_BILLION = new Size(44, 4096, 14_336, 32, 8, 32_000);

        int kvWidth() {
            return embedding / heads * kvHeads;
        }
    }

    private final Size size;
    private final RandomBlocks format;
    private final SplittableRandom random;
    private final GgufWriter gguf = new GgufWriter();

    private SyntheticModel(Size size, RandomBlocks format, long seed) {
        this.size = size;
        this.format = format;
        this.random = new SplittableRandom(seed);
    }

    /** Arguments: the size (0.5b or 10b), the format (Q4_K or Q6_K) and the file to write. */
    public static void main(String[] args) throws IOException {
        Map<String, Size> sizes = Map.of("0.5b", Size.HALF_BILLION, "10b", Size.TEN_BILLION);
        if (args.length != 3
                || !sizes.containsKey(args[0])
                || Arrays.stream(RandomBlocks.values()).noneMatch(f -> f.name().equals(args[1]))) {
            System.err.println("usage: synthetic-model 0.5b|10b Q4_K|Q6_K FILE");
            System.exit(2);
        }
        write(Objects.requireNonNull(sizes.get(args[0])), RandomBlocks.valueOf(args[1]), 1, Path.of(args[2]));
    }

    /** Writes the whole file or none. */
    static void write(Size size, RandomBlocks format, long seed, Path file) throws IOException {
        SyntheticModel model = new SyntheticModel(size, format, seed);
        model.describe();
        model.weights();
        Path part = file.resolveSibling(file.getFileName() + ".part");
        try (FileChannel out = FileChannel.open(
                part, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            model.gguf.write(out);
        }
        try {
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private void describe() {
        gguf.string("general.architecture", "llama");
        gguf.string("general.name", "synthetic " + format);
        // llama.cpp's number for files that are mostly of this format.
        gguf.integer("general.file_type", format == RandomBlocks.Q4_K ? 14 : 18);
        gguf.integer("general.quantization_version", 2);
        gguf.integer("llama.block_count", size.blocks);
        gguf.integer("llama.context_length", 32_768);
        gguf.integer("llama.embedding_length", size.embedding);
        gguf.integer("llama.feed_forward_length", size.feedForward);
        gguf.integer("llama.attention.head_count", size.heads);
        gguf.integer("llama.attention.head_count_kv", size.kvHeads);
        gguf.real("llama.attention.layer_norm_rms_epsilon", 1e-5f);
        gguf.integer("llama.rope.dimension_count", size.embedding / size.heads);
        gguf.real("llama.rope.freq_base", 10_000);
        gguf.integer("llama.vocab_size", size.vocabulary);
        new Vocabulary(size.vocabulary).describe(gguf);
    }

    private void weights() {
        int wide = size.embedding;
        // As large as all that the blocks will add to it: then, as in a trained model, no block upsets the others' work
        // and rounding stays small.
        matrix("token_embd.weight", wide, size.vocabulary, (float) Math.sqrt(2 * size.blocks));
        for (int i = 0; i < size.blocks; i++) {
            String block = "blk." + i + ".";
            ones(block + "attn_norm.weight", wide);
            // What goes in has a mean square of one, so that what comes out has, too, and attention is neither flat
            // nor a single peak.
            matrix(block + "attn_q.weight", wide, wide, unit(wide));
            matrix(block + "attn_k.weight", wide, size.kvWidth(), unit(wide));
            matrix(block + "attn_v.weight", wide, size.kvWidth(), unit(wide));
            matrix(block + "attn_output.weight", wide, wide, unit(wide));
            ones(block + "ffn_norm.weight", wide);
            matrix(block + "ffn_gate.weight", wide, size.feedForward, unit(wide));
            matrix(block + "ffn_up.weight", wide, size.feedForward, unit(wide));
            matrix(block + "ffn_down.weight", size.feedForward, wide, unit(size.feedForward));
        }
        ones("output_norm.weight", wide);
        // Logits that spread as a real model's do.
        matrix("output.weight", wide, size.vocabulary, 3 * unit(wide));
    }

    private static float unit(int columns) {
        return (float) (1 / Math.sqrt(columns));
    }

    private void matrix(String name, int columns, int rows, float deviation) {
        if (columns % RandomBlocks.BLOCK != 0) {
            throw new IllegalArgumentException(
                    name + ": rows of " + columns + " are no multiple of " + RandomBlocks.BLOCK);
        }
        SplittableRandom own = random.split();
        gguf.tensor(
                name,
                format.typeId(),
                new long[] {columns, rows},
                format.bytes((long) columns * rows),
                format.blockBytes(),
                data -> format.fill(data, deviation, own));
    }

    private void ones(String name, int length) {
        gguf.tensor(name, 0, new long[] {length}, 4L * length, 4, data -> {
            data.order(ByteOrder.LITTLE_ENDIAN);
            while (data.hasRemaining()) {
                data.putFloat(1);
            }
        });
    }
}
