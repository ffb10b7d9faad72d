package dev.sluice.model;

import dev.sluice.error.SluiceException;
import dev.sluice.formats.ModelSource;
import dev.sluice.tensor.DType;
import dev.sluice.tensor.Shape;
import dev.sluice.tensor.Tensor;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A file's tensors by name, each asked for with the shape that it must have. */
final class Weights {
    private final ModelSource source;
    private final Set<String> used = new HashSet<>();

    Weights(ModelSource source) {
        this.source = source;
    }

    /** The matrix [columns, rows] of a linear layer or an embedding. */
    Tensor matrix(String name, long columns, long rows) {
        return checked(source.tensor(name), Shape.of(columns, rows));
    }

    /** A vector of a known length. */
    Tensor vector(String name, long length) {
        return checked(source.tensor(name), Shape.of(length));
    }

    /** A vector that a file may leave out. */
    @Nullable
    Tensor vectorIfPresent(String name, long length) {
        Tensor tensor = source.find(name).orElse(null);
        return tensor == null ? null : checked(tensor, Shape.of(length));
    }

    /** A matrix that a file may leave out in favour of another (tied embeddings). */
    Tensor matrixOr(String name, Tensor fallback) {
        Tensor tensor = source.find(name).orElse(null);
        return tensor == null ? fallback : checked(tensor, fallback.shape());
    }

    /**
     * Fails if the file holds tensors that the family did not ask for: running without them would give wrong text.
     *
     * @param ignored names, or ends of names, that carry nothing needed
     */
    void requireAllUsed(List<String> ignored) {
        for (String name : source.tensors().keySet()) {
            if (!used.contains(name) && ignored.stream().noneMatch(name::endsWith)) {
                throw new SluiceException(source.description() + ": the tensor '" + name
                        + "' is not part of this model family as Sluice knows it; the model is a variant that is not"
                        + " supported");
            }
        }
    }

    private Tensor checked(Tensor tensor, Shape expected) {
        used.add(tensor.name());
        if (!tensor.shape().equals(expected)) {
            throw new SluiceException(source.description() + ": the tensor '" + tensor.name() + "' has the shape "
                    + tensor.shape() + ", but the hyper-parameters call for " + expected);
        }
        if (!tensor.type().isSupported()) {
            throw new SluiceException(source.description() + ": the tensor '" + tensor.name() + "' is in the format "
                    + tensor.type() + ", which cannot be computed yet; use the model in one of "
                    + DType.supported());
        }
        return tensor;
    }
}
