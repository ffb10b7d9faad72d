package dev.sluice.formats.gguf;

import dev.sluice.error.SluiceException;
import dev.sluice.formats.Escape;
import dev.sluice.formats.Metadata;
import dev.sluice.formats.ModelSource;
import dev.sluice.tensor.Tensor;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A GGUF model, in one file or split over several.
 *
 * @see <a href="https://github.com/ggml-org/ggml/blob/master/docs/gguf.md">the GGUF specification</a>
 */
public final class GgufFile implements ModelSource {
    private final List<Shard> shards;
    private final String description;
    private final Metadata metadata;
    private final Map<String, Tensor> tensors;

    private GgufFile(List<Shard> shards, String description, Map<String, Tensor> tensors) {
        this.shards = shards;
        this.description = description;
        this.metadata = new Metadata(description, shards.getFirst().values());
        this.tensors = tensors;
    }

    /**
     * Maps and checks a model; of a split model any part may be named, and all of them are opened.
     *
     * @throws SluiceException if a file is missing, unreadable, damaged, or no GGUF file of version 2 or 3
     */
    public static GgufFile open(Path path) {
        List<Shard> shards = SplitModel.open(path);
        try {
            Path first = shards.getFirst().file().path();
            String description = shards.size() == 1 ? first.toString() : first + " (" + shards.size() + " files)";
            return new GgufFile(shards, description, merge(shards));
        } catch (Throwable e) {
            shards.forEach(Shard::close);
            throw e;
        }
    }

    private static Map<String, Tensor> merge(List<Shard> shards) {
        Map<String, Tensor> all = new LinkedHashMap<>();
        for (Shard shard : shards) {
            for (Tensor tensor : shard.tensors()) {
                if (all.put(tensor.name(), tensor) != null) {
                    throw new SluiceException("%s: tensor %s occurs in another part of the model as well"
                            .formatted(shard.file().path(), Escape.quote(tensor.name())));
                }
            }
        }
        return Collections.unmodifiableMap(all);
    }

    /** The version of the container: 2 or 3. */
    public int version() {
        return shards.getFirst().version();
    }

    @Override
    public String description() {
        return description;
    }

    @Override
    public Metadata metadata() {
        return metadata;
    }

    @Override
    public Map<String, Tensor> tensors() {
        return tensors;
    }

    @Override
    public Optional<Tensor> find(String name) {
        return Optional.ofNullable(tensors.get(name));
    }

    @Override
    public Tensor tensor(String name) {
        Tensor tensor = tensors.get(name);
        if (tensor == null) {
            throw new SluiceException("%s: tensor '%s' is missing; the file is incomplete or of another architecture"
                    .formatted(description, name));
        }
        return tensor;
    }

    @Override
    public long fileBytes() {
        return shards.stream().mapToLong(s -> s.file().bytes().byteSize()).sum();
    }

    @Override
    public void close() {
        shards.forEach(Shard::close);
    }
}
