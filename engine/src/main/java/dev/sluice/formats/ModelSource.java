package dev.sluice.formats;

import dev.sluice.tensor.Tensor;
import java.util.Map;
import java.util.Optional;

/**
 * What a model file offers, whatever the container: typed metadata and named tensors. The tensors and the arrays of the
 * metadata are views of mapped memory: they may be used from any thread, and only until {@link #close()}.
 */
public interface ModelSource extends AutoCloseable {
    /** Where the model comes from, for messages: the path, or the first path of several. */
    String description();

    /** The typed key-value view. */
    Metadata metadata();

    /** All tensors by name in file order; unmodifiable. */
    Map<String, Tensor> tensors();

    /** The tensor of that name, if the file has one. */
    Optional<Tensor> find(String name);

    /**
     * The tensor of that name.
     *
     * @throws dev.sluice.error.SluiceException naming the file and the tensor if there is none
     */
    Tensor tensor(String name);

    /** The bytes of all files of the model together. */
    long fileBytes();

    /** Releases the mapping; a second call does nothing. */
    @Override
    void close();
}
