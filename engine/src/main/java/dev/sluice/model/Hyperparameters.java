package dev.sluice.model;

import dev.sluice.error.SluiceException;
import dev.sluice.formats.Metadata;
import dev.sluice.formats.ModelSource;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The sizes that transformer families have in common, read from {@code <arch>.*} keys and checked against each other
 * and against the tensors present, before anything is allocated by them.
 *
 * @param arch prefix of the keys
 * @param contextLength tokens the model was trained on
 * @param embedding floats per token between the blocks
 * @param blocks number of blocks
 * @param feedForward floats per token inside the feed-forward network
 * @param heads query heads
 * @param kvHeads key and value heads
 * @param headDim floats per head
 * @param eps added to the mean square in norms
 */
record Hyperparameters(
        String arch,
        int contextLength,
        int embedding,
        int blocks,
        int feedForward,
        int heads,
        int kvHeads,
        int headDim,
        float eps) {
    private static final Pattern BLOCK = Pattern.compile("blk\\.(\\d{1,6})\\..*");

    /** Reads and checks them; head and feed-forward sizes must be the same in all blocks. */
    static Hyperparameters read(ModelSource source, String arch) {
        Metadata m = source.metadata();
        int blocks = positive(source, arch + ".block_count", 100_000);
        int present = blocksPresent(source);
        if (present != blocks) {
            throw new SluiceException(source.description() + ": " + arch + ".block_count is " + blocks
                    + ", but the file holds the tensors of " + present + " blocks; the file is damaged or incomplete");
        }
        int embedding = positive(source, arch + ".embedding_length", 1 << 24);
        int heads = uniform(source, arch + ".attention.head_count", blocks);
        int kvHeads = m.has(arch + ".attention.head_count_kv")
                ? uniform(source, arch + ".attention.head_count_kv", blocks)
                : heads;
        if (heads % kvHeads != 0) {
            throw new SluiceException(source.description() + ": " + heads + " attention heads cannot share " + kvHeads
                    + " KV heads (" + arch + ".attention.head_count, …head_count_kv)");
        }
        int headDim;
        if (m.has(arch + ".attention.key_length")) {
            headDim = positive(source, arch + ".attention.key_length", 1 << 16);
        } else if (embedding % heads == 0) {
            headDim = embedding / heads;
        } else {
            throw new SluiceException(source.description() + ": an embedding of " + embedding + " does not divide into "
                    + heads + " heads, and " + arch + ".attention.key_length is absent");
        }
        int valueDim = m.integer(arch + ".attention.value_length", headDim);
        if (valueDim != headDim) {
            throw new SluiceException(source.description() + ": values of another length (" + valueDim + ") than keys ("
                    + headDim + ") are not supported in the " + arch + " family");
        }
        if (m.integer(arch + ".expert_count", 0) > 0) {
            throw new SluiceException(
                    source.description() + ": mixtures of experts (" + arch + ".expert_count) are not supported yet");
        }
        float eps = m.real(arch + ".attention.layer_norm_rms_epsilon");
        if (!(eps >= 0 && eps < 1)) {
            throw new SluiceException(
                    source.description() + ": " + arch + ".attention.layer_norm_rms_epsilon is " + eps);
        }
        return new Hyperparameters(
                arch,
                positive(source, arch + ".context_length", Integer.MAX_VALUE),
                embedding,
                blocks,
                uniform(source, arch + ".feed_forward_length", blocks),
                heads,
                kvHeads,
                headDim,
                eps);
    }

    /** Floats per token of all query heads. */
    int queryWidth() {
        return heads * headDim;
    }

    /** Floats per token of all key heads. */
    int kvWidth() {
        return kvHeads * headDim;
    }

    private static int positive(ModelSource source, String key, int limit) {
        int value = source.metadata().integer(key);
        return checked(source, key, value, limit);
    }

    private static int uniform(ModelSource source, String key, int blocks) {
        int[] perBlock = source.metadata().integersPerLayer(key, blocks);
        for (int value : perBlock) {
            if (value != perBlock[0]) {
                throw new SluiceException(source.description() + ": " + key + " differs from block to block ("
                        + perBlock[0] + ", " + value + "), which this family does not support");
            }
        }
        return checked(source, key, perBlock[0], 1 << 24);
    }

    private static int checked(ModelSource source, String key, int value, int limit) {
        if (value <= 0 || value > limit) {
            throw new SluiceException(source.description() + ": " + key + " is " + value + ", which cannot be");
        }
        return value;
    }

    private static int blocksPresent(ModelSource source) {
        int last = -1;
        for (String name : source.tensors().keySet()) {
            Matcher matcher = BLOCK.matcher(name);
            if (matcher.matches()) {
                last = Math.max(last, Integer.parseInt(matcher.group(1)));
            }
        }
        return last + 1;
    }
}
