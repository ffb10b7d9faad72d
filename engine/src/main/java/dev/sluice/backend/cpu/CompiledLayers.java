package dev.sluice.backend.cpu;

import dev.sluice.backend.CompiledLayer;
import dev.sluice.backend.Device;
import dev.sluice.backend.StreamedLayer;
import dev.sluice.backend.tiles.ImageLayout;
import dev.sluice.backend.tiles.WeightLayout;
import dev.sluice.error.SluiceException;
import dev.sluice.graph.Layer;
import dev.sluice.graph.Op;
import dev.sluice.tensor.BlockCodec;
import dev.sluice.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * The layers of a device: makes them, with their weights packed or streamed, and knows its own. Others own them; what those leave
 * open goes with the device. Not thread-safe: its device sees to that.
 */
final class CompiledLayers implements AutoCloseable {
    /** Where the matrices of a streamed layer begin in its image: at a cache line. */
    private static final long IMAGE_ALIGNMENT = 64;

    private final CpuDevice device;
    private final Kernels kernels;
    private final Workspace workspace;
    private final WeightStore weights;
    private final List<RotationTable> rotations = new ArrayList<>();
    private final Set<CpuLayer> open = Collections.newSetFromMap(new IdentityHashMap<>());

    /**
     * None yet.
     *
     * @param kernels by which they are computed
     * @param workspace that all of them share
     * @param weights of all of them
     */
    CompiledLayers(CpuDevice device, Kernels kernels, Workspace workspace, WeightStore weights) {
        this.device = device;
        this.kernels = kernels;
        this.workspace = workspace;
        this.weights = weights;
    }

    /** See {@link Device#compile(List, Device.Loading)}. */
    List<CompiledLayer> compile(List<Layer> layers, Device.Loading loading) {
        List<CompiledLayer> compiled = new ArrayList<>();
        boolean done = false;
        try {
            Set<Tensor> matrices = new LinkedHashSet<>();
            for (Layer layer : layers) {
                requireComputed(layer);
                matrices.addAll(layer.matrices());
            }
            weights.reserve(matrices);
            for (Layer layer : layers) {
                compiled.add(compileUnpacked(layer));
            }
            weights.pack(loading);
            done = true;
            return compiled;
        } finally {
            if (!done) {
                compiled.reversed().forEach(CompiledLayer::close);
            }
            weights.endReservation();
        }
    }

    private CpuLayer compileUnpacked(Layer layer) {
        long resident = residentBytes(layer);
        List<Tensor> acquired = new ArrayList<>();
        boolean done = false;
        try {
            CpuLayer compiled = compile(
                    layer,
                    tensor -> {
                        Matrix matrix = weights.acquire(tensor);
                        acquired.add(tensor);
                        return matrix;
                    },
                    acquired,
                    resident);
            done = true;
            return compiled;
        } finally {
            if (!done) {
                acquired.forEach(weights::release);
            }
        }
    }

    /** See {@link Device#compileStreamed}. */
    StreamedLayer compileStreamed(Layer layer) {
        if (imageBytes(layer) == 0) {
            throw new IllegalArgumentException(layer.name() + " has nothing that could be streamed");
        }
        ImageLayout image = image(layer);
        long streamed =
                image.places().stream().mapToLong(ImageLayout.Place::bytes).sum();
        Map<Tensor, Matrix> matrices = new HashMap<>();
        CpuLayer computing = compile(
                layer,
                tensor -> matrices.computeIfAbsent(tensor, t -> new Matrix(t, MemorySegment.NULL)),
                List.of(),
                residentBytes(layer) - streamed);
        return new CpuStreamedLayer(device, computing, image, matrices);
    }

    /**
     * Makes a layer ready to run, and the workspace large enough for it.
     *
     * @param acquired what is to be given back when the layer is closed
     */
    private CpuLayer compile(Layer layer, Function<Tensor, Matrix> find, List<Tensor> acquired, long resident) {
        List<RotationTable> tables = new ArrayList<>();
        LayerStages built = new LayerStages(layer, kernels, workspace.workers(), find, op -> {
            RotationTable table = rotation(op);
            tables.add(table);
            return table;
        });
        CpuLayer compiled = new CpuLayer(device, layer, built, acquired, tables, resident);
        workspace.reserve(compiled);
        open.add(compiled);
        return compiled;
    }

    private RotationTable rotation(Op.Rope op) {
        for (RotationTable table : rotations) {
            if (table.serves(op.rotation())) {
                return table;
            }
        }
        RotationTable table = new RotationTable(op.rotation(), device.batchTokens());
        rotations.add(table);
        return table;
    }

    /** See {@link Device#residentBytes}. */
    long residentBytes(Layer layer) {
        requireComputed(layer);
        return weights.bytes(layer);
    }

    /** See {@link Device#imageBytes}. */
    long imageBytes(Layer layer) {
        requireComputed(layer);
        return kernels.packs() ? image(layer).bytes() : 0;
    }

    private static ImageLayout image(Layer layer) {
        return new ImageLayout(layer.matrices(), WeightLayout.TILES, IMAGE_ALIGNMENT);
    }

    private static void requireComputed(Layer layer) {
        for (Tensor tensor : layer.weights()) {
            if (!BlockCodec.supports(tensor.type())) {
                throw new SluiceException("tensor '" + tensor.name() + "' of " + layer.name() + " has the format "
                        + tensor.type() + ", which the CPU backend does not compute: use the model in another format");
            }
        }
    }

    /**
     * What a layer of this device is computed by.
     *
     * @throws IllegalArgumentException if it is another device's
     */
    CpuLayer own(CompiledLayer layer) {
        CompiledLayer computing = layer instanceof CpuStreamedLayer streamed ? streamed.computing() : layer;
        if (computing instanceof CpuLayer own && own.belongsTo(device)) {
            return own;
        }
        throw new IllegalArgumentException(layer.layer().name() + " is another device's");
    }

    /** A layer was closed: its weights are given back. */
    void forget(CpuLayer layer) {
        if (open.remove(layer)) {
            layer.matrices().forEach(weights::release);
        }
    }

    @Override
    public void close() {
        List.copyOf(open).forEach(CpuLayer::close);
    }
}
