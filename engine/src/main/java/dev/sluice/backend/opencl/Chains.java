package dev.sluice.backend.opencl;

import dev.sluice.backend.CompiledLayer;
import dev.sluice.backend.KvType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Which layers of a list one token goes through in one launch: as many as follow one another and fit a kernel's parameters. */
final class Chains implements AutoCloseable {
    /**
     * Layers that follow one another.
     *
     * @param from the first
     * @param to the one behind the last
     * @param kernel for all of them; null if each is launched on its own
     */
    record Chain(int from, int to, @Nullable LayersKernel kernel) {}

    private record Key(List<? extends CompiledLayer> layers, KvType type) {}

    private final OpenClDevice device;
    private final Map<Key, List<Chain>> known = new HashMap<>();
    private final Map<Key, LayersKernel> kernels = new HashMap<>();
    /** The list that was asked for last, a copy, and its chains: the next token's are the same. */
    private List<CompiledLayer> lastLayers = List.of();

    private @Nullable KvType lastType;
    private List<Chain> lastChains = List.of();

    Chains(OpenClDevice device) {
        this.device = device;
    }

    /** The chains of a list of this device's layers, whose caches are of a type. */
    List<Chain> of(List<CompiledLayer> layers, KvType type) {
        if (type == lastType && same(layers, lastLayers)) {
            return lastChains;
        }
        Key key = new Key(layers, type);
        List<Chain> chains = known.get(key);
        if (chains == null) {
            chains = find(layers.stream().map(OpenClCompiledLayer.class::cast).toList(), type);
            known.put(new Key(List.copyOf(layers), type), chains);
        }
        lastLayers = List.copyOf(layers);
        lastType = type;
        lastChains = chains;
        return chains;
    }

    private static boolean same(List<CompiledLayer> one, List<CompiledLayer> other) {
        if (one.size() != other.size()) {
            return false;
        }
        for (int i = 0; i < one.size(); i++) {
            if (one.get(i) != other.get(i)) {
                return false;
            }
        }
        return true;
    }

    private List<Chain> find(List<OpenClCompiledLayer> layers, KvType type) {
        List<Chain> chains = new ArrayList<>();
        int from = 0;
        while (from < layers.size()) {
            List<LayerCalls> calls = new ArrayList<>();
            int to = from;
            while (to < layers.size() && fits(layers.get(to), type, calls)) {
                to++;
            }
            if (to == from) {
                chains.add(new Chain(from, ++to, null));
            } else {
                List<OpenClCompiledLayer> chained = layers.subList(from, to);
                chains.add(new Chain(
                        from,
                        to,
                        kernels.computeIfAbsent(
                                new Key(List.copyOf(chained), type), key -> new LayersKernel(device, chained, calls))));
            }
            from = to;
        }
        return List.copyOf(chains);
    }

    /** Adds a layer's calls if they fit behind the others. */
    private boolean fits(OpenClCompiledLayer layer, KvType type, List<LayerCalls> calls) {
        LayerCalls own = layer.calls(type).orElse(null);
        if (own == null) {
            return false;
        }
        calls.add(own);
        if (LayersKernel.parameterBytes(calls) <= device.limits().parameterBytes()) {
            return true;
        }
        calls.removeLast();
        return false;
    }

    /** Forgets all chains, because a layer is closed. */
    @Override
    public void close() {
        kernels.values().forEach(LayersKernel::close);
        kernels.clear();
        known.clear();
        lastType = null;
        lastLayers = List.of();
        lastChains = List.of();
    }
}
