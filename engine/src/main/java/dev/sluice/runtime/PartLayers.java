package dev.sluice.runtime;

import dev.sluice.backend.CompiledLayer;
import dev.sluice.backend.Device;
import dev.sluice.backend.StreamedLayer;
import dev.sluice.graph.Halves;
import dev.sluice.graph.HeadSlices;
import dev.sluice.graph.Layer;
import dev.sluice.trace.LoadSpan;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The layers of a part as they were compiled: resident, shared with the host, streamed, or streamed in halves or slices. */
final class PartLayers implements AutoCloseable {
    /**
     * A layer, or a half, or a slice of the head.
     *
     * @param layer number of the layer among the part's
     * @param onHost the same on the processor; null if that does not compute it
     */
    record Unit(int layer, CompiledLayer compiled, @Nullable CompiledLayer onHost) {}

    private final Assignment assignment;
    private final Device device;
    private final List<HeadSlices.Part> headParts;
    private final List<Unit> units = new ArrayList<>();
    /** In the order in which they were compiled. */
    private final List<CompiledLayer> open = new ArrayList<>();

    /**
     * Compiles them.
     *
     * @param headParts the last layer, if slices of it are streamed; else none
     * @throws dev.sluice.error.SluiceException if a device cannot hold or compute them; nothing stays allocated then
     */
    PartLayers(Assignment assignment, List<Layer> all, List<HeadSlices.Part> headParts, Device.Loading loading) {
        this.assignment = assignment;
        this.headParts = headParts;
        device = assignment.device();
        LoadSpan load = new LoadSpan(device.info().id());
        load.start();
        boolean done = false;
        try {
            compile(all, loading);
            done = true;
        } finally {
            if (!done) {
                close();
            }
        }
        load.stop(
                all.size(),
                open.stream().mapToLong(CompiledLayer::residentBytes).sum());
    }

    private void compile(List<Layer> all, Device.Loading loading) {
        List<Layer> resident = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            if (isSliced(i)) {
                headParts.stream().filter(part -> !part.apart()).forEach(part -> resident.add(part.layer()));
            } else if (!assignment.streamed().contains(i)
                    && !assignment.shared().contains(i)) {
                resident.add(all.get(i));
            }
        }
        open.addAll(device.compile(resident, loading));
        Iterator<CompiledLayer> compiled = List.copyOf(open).iterator();
        List<CompiledLayer> onHost = onHost(all, loading);
        open.addAll(onHost);
        Iterator<CompiledLayer> compiledOnHost = onHost.iterator();
        for (int i = 0; i < all.size(); i++) {
            if (isHalved(i)) {
                Halves halves = halves(all.get(i));
                units.add(new Unit(i, opened(device.compileStreamed(halves.attention())), null));
                units.add(new Unit(i, opened(device.compileStreamed(halves.feedForward())), compiledOnHost.next()));
            } else if (isSliced(i)) {
                for (HeadSlices.Part part : headParts) {
                    CompiledLayer own = part.apart() ? opened(device.compileStreamed(part.layer())) : compiled.next();
                    units.add(new Unit(i, own, null));
                }
            } else if (assignment.streamed().contains(i)) {
                units.add(new Unit(i, opened(device.compileStreamed(all.get(i))), null));
            } else if (assignment.shared().contains(i)) {
                units.add(new Unit(i, opened(device.compileShared(all.get(i))), null));
            } else {
                units.add(new Unit(i, compiled.next(), null));
            }
        }
    }

    /** The halves that the processor computes, in order, compiled for that. */
    private List<CompiledLayer> onHost(List<Layer> all, Device.Loading loading) {
        HostShare share = assignment.host();
        List<Layer> halves = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            if (isHalved(i)) {
                halves.add(halves(all.get(i)).feedForward());
            }
        }
        return share == null ? List.of() : share.cpu().compile(halves, loading);
    }

    private boolean isSliced(int layer) {
        return !headParts.isEmpty() && layer == assignment.layers() - 1;
    }

    private boolean isHalved(int layer) {
        HostShare share = assignment.host();
        return share != null && share.layers().contains(layer);
    }

    private static Halves halves(Layer layer) {
        return Halves.of(layer)
                .orElseThrow(() -> new IllegalArgumentException(layer.name() + " has no feed-forward half"));
    }

    private <T extends CompiledLayer> T opened(T layer) {
        open.add(layer);
        return layer;
    }

    /** In order. */
    List<Unit> units() {
        return units;
    }

    /** Those that are streamed, in order. */
    List<StreamedLayer> streamed() {
        List<StreamedLayer> streamed = new ArrayList<>();
        for (Unit unit : units) {
            if (unit.compiled() instanceof StreamedLayer layer) {
                streamed.add(layer);
            }
        }
        return streamed;
    }

    /** Those of the streamed ones that the processor computes in some steps. */
    Set<StreamedLayer> shared() {
        Set<StreamedLayer> shared = new LinkedHashSet<>();
        for (Unit unit : units) {
            if (unit.onHost() != null && unit.compiled() instanceof StreamedLayer layer) {
                shared.add(layer);
            }
        }
        return shared;
    }

    /** What a layer's sequences keep their state for: of two halves, the first. */
    CompiledLayer keeper(int layer) {
        return units.stream()
                .filter(unit -> unit.layer() == layer)
                .findFirst()
                .orElseThrow()
                .compiled();
    }

    @Override
    public void close() {
        open.reversed().forEach(CompiledLayer::close);
    }
}
