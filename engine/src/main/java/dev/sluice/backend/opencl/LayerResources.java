package dev.sluice.backend.opencl;

import dev.sluice.graph.Rotation;
import dev.sluice.opencl.Buffer;
import dev.sluice.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What one layer holds of its device's weights and tables; given back together. */
final class LayerResources {
    private final OpenClDevice device;
    private final List<Buffer> weights = new ArrayList<>();
    private final List<RotationTable> rotations = new ArrayList<>();

    private final @Nullable StreamedMatrices streamed;
    private final boolean hosted;

    /**
     * Nothing yet.
     *
     * @param streamed the matrices, if they are not resident
     * @param hosted whether the matrices lie in the host's memory
     */
    LayerResources(OpenClDevice device, @Nullable StreamedMatrices streamed, boolean hosted) {
        this.device = device;
        this.streamed = streamed;
        this.hosted = hosted;
    }

    /** A matrix, in pieces if one buffer cannot hold it. */
    List<Matrix> matrices(Tensor tensor) {
        if (streamed != null) {
            return List.of(streamed.of(tensor));
        }
        return device.weights().pieces(tensor).stream().map(this::matrix).toList();
    }

    /** Whether one buffer can hold a matrix: a slot that holds all of a layer can. */
    boolean fits(Tensor matrix) {
        return streamed != null || device.weights().pieces(matrix).size() == 1;
    }

    private Matrix matrix(Tensor tensor) {
        Matrix matrix = device.weights().matrix(tensor, hosted);
        weights.add(matrix.tiles());
        return matrix;
    }

    Buffer vector(Tensor tensor) {
        return vectors(List.of(tensor));
    }

    Buffer vectors(List<Tensor> tensors) {
        Buffer buffer = device.weights().vectors(tensors);
        weights.add(buffer);
        return buffer;
    }

    RotationTable rotation(Rotation rotation) {
        RotationTable table = device.rotations().acquire(rotation);
        rotations.add(table);
        return table;
    }

    List<RotationTable> rotations() {
        return rotations;
    }

    /** Bytes of the weights, each counted once. */
    long bytes() {
        return weights.stream().distinct().mapToLong(Buffer::byteSize).sum();
    }

    void release() {
        weights.forEach(device.weights()::release);
        weights.clear();
        rotations.forEach(device.rotations()::release);
        rotations.clear();
    }
}
