package dev.sluice;

import dev.sluice.backend.DeviceInfo;
import dev.sluice.backend.KvType;
import dev.sluice.backend.LaunchProfile;
import dev.sluice.error.SluiceException;
import dev.sluice.formats.Metadata;
import dev.sluice.formats.ModelFiles;
import dev.sluice.formats.ModelIdentity;
import dev.sluice.formats.ModelSource;
import dev.sluice.graph.Graph;
import dev.sluice.model.ModelFamilies;
import dev.sluice.plan.DeviceCatalog;
import dev.sluice.runtime.Assignment;
import dev.sluice.runtime.Batch;
import dev.sluice.runtime.Executor;
import dev.sluice.runtime.Sequence;
import dev.sluice.tensor.Tensor;
import dev.sluice.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A loaded model: its weights on a device, its tokenizer. Thread-safe; each conversation takes a {@link Session} of its
 * own. Close the sessions before the model; closing twice does no harm.
 */
public final class Model implements AutoCloseable {
    /** Context taken when the caller leaves the choice: the KV cache is allocated for all of it. */
    private static final int DEFAULT_CONTEXT = 4096;

    private final ModelSource source;
    private final DeviceGroup devices;
    private final Executor executor;
    private final @Nullable Tokenizer tokenizer;
    private final int contextLength;
    private final KvType kvType;

    private Model(
            ModelSource source,
            DeviceGroup devices,
            Executor executor,
            @Nullable Tokenizer tokenizer,
            int contextLength,
            KvType kvType) {
        this.source = source;
        this.devices = devices;
        this.executor = executor;
        this.tokenizer = tokenizer;
        this.contextLength = contextLength;
        this.kvType = kvType;
    }

    static Model load(Path path, LoadOptions options) {
        // Finding devices takes about as long as reading the file's metadata.
        Background<DeviceCatalog> devices = Background.start("sluice-devices", () -> DeviceGroup.catalog(options));
        try {
            return load(path, devices, options);
        } finally {
            devices.join();
        }
    }

    private static Model load(Path path, Background<DeviceCatalog> devices, LoadOptions options) {
        ModelSource source = ModelFiles.open(path);
        try {
            Graph graph = ModelFamilies.lower(source);
            // It takes about as long as packing the weights.
            Background<Optional<Tokenizer>> tokenizer =
                    Background.start("sluice-tokenizer", () -> tokenizer(source, graph));
            try {
                return load(source, graph, tokenizer, devices, options);
            } finally {
                tokenizer.join(); // it reads from the source
            }
        } catch (RuntimeException e) {
            source.close();
            throw e;
        }
    }

    private static Model load(
            ModelSource source,
            Graph graph,
            Background<Optional<Tokenizer>> tokenizer,
            Background<DeviceCatalog> devices,
            LoadOptions options) {
        int context = options.contextLength() > 0
                ? options.contextLength()
                : Math.min(DEFAULT_CONTEXT, graph.contextLength());
        DeviceCatalog catalog = devices.await();
        DeviceGroup group =
                new DeviceGroup(catalog, options, source.description(), ModelIdentity.of(source), graph, context);
        try {
            Executor executor = group.executor((what, done, total) -> {
                tokenizer.requireNotFailed();
                options.progress().report(what, done, total);
            });
            Tokenizer built = tokenizer.await().orElse(null);
            return new Model(source, group, executor, built, context, options.kvType());
        } catch (RuntimeException e) {
            group.close(); // and with it the layers
            throw e;
        }
    }

    private static Optional<Tokenizer> tokenizer(ModelSource source, Graph graph) {
        Metadata metadata = source.metadata();
        if (metadata.string("tokenizer.ggml.model", "none").equals("none")) {
            return Optional.empty();
        }
        Tokenizer tokenizer = Tokenizer.of(metadata);
        if (tokenizer.vocabSize() != graph.vocabulary()) {
            throw new SluiceException(source.description() + ": the vocabulary has " + tokenizer.vocabSize()
                    + " tokens, but the embedding table has " + graph.vocabulary() + " rows");
        }
        return Optional.of(tokenizer);
    }

    /** A new, empty conversation. */
    public Session newSession() {
        return new Session(this, newSequence(1), executor);
    }

    /**
     * A bare sequence, for those who work with ids and logits.
     *
     * @param logitRows the most rows of logits that one step will be asked for
     */
    public Sequence newSequence(int logitRows) {
        return executor.newSequence(contextLength, kvType, logitRows);
    }

    /**
     * One of many bare sequences, which takes no memory beyond its KV cache.
     *
     * @param batch what it appends through; several sequences may share one
     */
    public Sequence newSequence(Batch batch) {
        return newSequence(batch, contextLength);
    }

    /**
     * As {@link #newSequence(Batch)}, of a length of its own.
     *
     * @param capacity the most tokens that it will hold
     */
    public Sequence newSequence(Batch batch, int capacity) {
        return executor.newSequence(capacity, kvType, batch);
    }

    /**
     * A batch, for steps of several sequences at once.
     *
     * @param logitRows the most rows of logits that one step will be asked for, all sequences together
     */
    public Batch newBatch(int logitRows) {
        return executor.newBatch(logitRows);
    }

    /**
     * The tokenizer.
     *
     * @throws SluiceException if the file has no vocabulary
     */
    public Tokenizer tokenizer() {
        if (tokenizer == null) {
            throw new SluiceException(source.description() + " has no vocabulary (tokenizer.ggml.model is none): only"
                    + " token ids can be given to it");
        }
        return tokenizer;
    }

    /** The tokenizer, if the file has a vocabulary. */
    public Optional<Tokenizer> findTokenizer() {
        return Optional.ofNullable(tokenizer);
    }

    /** The model's metadata. */
    public Metadata metadata() {
        return source.metadata();
    }

    /** The file's tensors by name, as views of the mapped file: valid until this model is closed. */
    public Map<String, Tensor> tensors() {
        return source.tensors();
    }

    /** What the model is computed as. */
    public Graph graph() {
        return executor.graph();
    }

    /** Which device has which layers, in order. */
    public List<Assignment> assignments() {
        return executor.assignments();
    }

    /**
     * Nanoseconds that steps were with each device but the last, as the host sees it, since the model was loaded.
     *
     * @param decoding in steps of one token of each sequence, or else in steps of prompts
     */
    public List<Long> partNanos(boolean decoding) {
        return executor.partNanos(decoding);
    }

    /** The device that computes it; of several, what they are together. */
    public DeviceInfo device() {
        return devices.info();
    }

    /** Records what the device launches, until {@link #takeProfile}, if it can; this costs time. */
    public void startProfile() {
        devices.startProfile();
    }

    /** What the device launched since the record began or was last taken; empty if it keeps none. */
    public Optional<LaunchProfile> takeProfile() {
        return devices.takeProfile();
    }

    /** The path that computation takes, for people: device, threads, instruction sets, kernels. */
    public String path() {
        return executor.path() + devices.notes();
    }

    /** The most tokens of a session. */
    public int contextLength() {
        return contextLength;
    }

    /** The number format of the KV cache. */
    public KvType kvType() {
        return kvType;
    }

    /** The most tokens that go through a layer together. */
    public int batchTokens() {
        return executor.batchTokens();
    }

    /** The most tokens of one step, all sequences together. */
    public int stepTokens() {
        return executor.stepTokens();
    }

    /** As many tokens of a prompt as a step had best read; see {@link Executor#promptTokens}. */
    public int promptTokens() {
        return executor.promptTokens();
    }

    /** The steps in which a prompt is read, and the tokens of each one's micro-batches. */
    public List<List<Integer>> promptSteps(int tokens) {
        return executor.promptSteps(tokens);
    }

    /** See {@link Executor#decodeGroups}. */
    public List<Integer> decodeGroups(int sequences) {
        return executor.decodeGroups(sequences);
    }

    /** Frees the weights and the device. */
    @Override
    public void close() {
        executor.close();
        devices.close();
        source.close();
    }
}
