package dev.sluice.backend.opencl;

import dev.sluice.backend.CompiledLayer;
import dev.sluice.backend.KvType;
import dev.sluice.backend.LayerState;
import dev.sluice.backend.StreamedLayer;
import dev.sluice.backend.tiles.ImageLayout;
import dev.sluice.backend.tiles.RowTiles;
import dev.sluice.error.DeviceFailure;
import dev.sluice.error.SluiceException;
import dev.sluice.graph.Layer;
import dev.sluice.graph.Op;
import dev.sluice.opencl.ClException;
import dev.sluice.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The layers of a device: makes them, resident, in the host's memory or streamed, and knows its own. Others own them; what those
 * leave open goes with the device. Not thread-safe: its device sees to that.
 */
final class CompiledLayers implements AutoCloseable {
    /** Where the matrices of a streamed layer begin in its image, at the least: kernels load vectors of so many bytes. */
    private static final long IMAGE_ALIGNMENT = 128;

    private final OpenClDevice device;
    private final long imageAlignment;
    private final List<OpenClCompiledLayer> open = new ArrayList<>();

    /**
     * None yet.
     *
     * @param bufferAlignment what the offset of a part of a buffer is a multiple of
     */
    CompiledLayers(OpenClDevice device, long bufferAlignment) {
        this.device = device;
        imageAlignment = Math.max(IMAGE_ALIGNMENT, bufferAlignment);
    }

    /**
     * A layer whose matrices stay where they are put now.
     *
     * @param hosted whether that is the host's memory
     * @throws SluiceException if there is no kernel for it, or no room
     * @throws DeviceFailure if the driver fails at it
     */
    OpenClCompiledLayer compile(Layer layer, boolean hosted) {
        return compile(layer, null, hosted);
    }

    /**
     * A layer whose matrices come to a slot; as the other.
     *
     * @throws IllegalArgumentException if there is nothing that could come
     */
    StreamedLayer compileStreamed(Layer layer) {
        if (imageBytes(layer) == 0) {
            throw new IllegalArgumentException(layer.name() + " has nothing that could be streamed");
        }
        StreamedMatrices matrices = new StreamedMatrices(image(layer));
        return new OpenClStreamedLayer(device, compile(layer, matrices, false), matrices);
    }

    private OpenClCompiledLayer compile(Layer layer, @Nullable StreamedMatrices streamed, boolean hosted) {
        for (Tensor tensor : layer.weights()) {
            if (!RowTiles.supports(tensor.type())) {
                throw new SluiceException(tensor.name() + " is in the format " + tensor.type()
                        + ", for which there is no OpenCL kernel: convert the model to another format");
            }
        }
        try {
            device.programs().prepare(needed(layer));
            OpenClCompiledLayer compiled = new OpenClCompiledLayer(device, layer, streamed, hosted);
            open.add(compiled);
            return compiled;
        } catch (ClException e) {
            throw Failing.at(device.info(), e);
        }
    }

    /** The programs that take long to compile, so that they are compiled side by side. */
    private Set<ProgramSpec> needed(Layer layer) {
        Set<ProgramSpec> specs = new LinkedHashSet<>();
        for (Tensor matrix : layer.matrices()) {
            specs.addAll(device.tunings().programs(matrix.type(), matrix.shape().cols()));
        }
        return specs;
    }

    /** Bytes of a layer's image; 0 if it has none. */
    long imageBytes(Layer layer) {
        return layer.kind() == Layer.Kind.EMBEDDING ? 0 : image(layer).bytes();
    }

    private ImageLayout image(Layer layer) {
        return new ImageLayout(layer.matrices(), device.tuning().layout(), imageAlignment);
    }

    /**
     * What a layer of this device is computed by.
     *
     * @throws IllegalArgumentException if it is another device's
     * @throws IllegalStateException if it is closed
     */
    OpenClCompiledLayer own(CompiledLayer layer) {
        CompiledLayer computing = layer instanceof OpenClStreamedLayer streamed ? streamed.computing() : layer;
        if (computing instanceof OpenClCompiledLayer own && own.belongsTo(device)) {
            own.requireOpen();
            return own;
        }
        throw new IllegalArgumentException(layer.layer().name() + " belongs to another device");
    }

    /** What a sequence keeps in a layer; null if that is nothing. See {@link dev.sluice.backend.Device#newState}. */
    @Nullable
    LayerState newState(CompiledLayer layer, int capacity, KvType type) {
        if (capacity <= 0) {
            throw new IllegalArgumentException("a KV cache of " + capacity + " tokens");
        }
        Op.Attention op = layer.layer().attention().orElse(null);
        if (op == null) {
            return null;
        }
        own(layer).prepare(type);
        return new KvCache(device, op, capacity, type);
    }

    /** A layer was closed. */
    void forget(OpenClCompiledLayer layer) {
        device.commands().forget(layer);
        open.remove(layer);
    }

    @Override
    public void close() {
        List.copyOf(open).forEach(OpenClCompiledLayer::close);
    }
}
