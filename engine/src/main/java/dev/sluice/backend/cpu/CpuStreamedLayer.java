package dev.sluice.backend.cpu;

import dev.sluice.backend.DeviceMemory;
import dev.sluice.backend.Fence;
import dev.sluice.backend.LayerState;
import dev.sluice.backend.Step;
import dev.sluice.backend.StreamedLayer;
import dev.sluice.backend.WeightSlot;
import dev.sluice.backend.tiles.ImageLayout;
import dev.sluice.graph.Layer;
import dev.sluice.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A layer of the CPU whose matrices lie in one image or another. */
final class CpuStreamedLayer implements StreamedLayer {
    private final CpuDevice device;
    private final CpuLayer computing;
    private final ImageLayout image;
    /** In the order of the image's places. */
    private final List<Matrix> matrices;
    /** Where the matrices lie in each image that was used, so that using it again makes nothing new. */
    private final IdentityHashMap<CpuImage, List<MemorySegment>> parts = new IdentityHashMap<>();

    CpuStreamedLayer(CpuDevice device, CpuLayer computing, ImageLayout image, Map<Tensor, Matrix> matrices) {
        this.device = device;
        this.computing = computing;
        this.image = image;
        this.matrices = image.places().stream()
                .map(place -> Objects.requireNonNull(matrices.get(place.tensor())))
                .toList();
    }

    CpuLayer computing() {
        return computing;
    }

    @Override
    public Layer layer() {
        return computing.layer();
    }

    @Override
    public long residentBytes() {
        return computing.residentBytes();
    }

    @Override
    public long imageBytes() {
        return image.bytes();
    }

    @Override
    public String imageLayout() {
        return image.name();
    }

    @Override
    public void pack(MemorySegment target) {
        image.pack(target);
    }

    @Override
    public void use(WeightSlot slot) {
        if (!(slot instanceof CpuSlot own) || !own.belongsTo(device) || own.bytes() < image.bytes()) {
            throw new IllegalArgumentException(
                    layer().name() + ": the slot is another device's, or has less than " + image.bytes() + " bytes");
        }
        device.exclusively(() -> {
            List<MemorySegment> places = parts.computeIfAbsent(own.image(), this::split);
            for (int i = 0; i < places.size(); i++) {
                matrices.get(i).moveTo(places.get(i));
            }
        });
    }

    private List<MemorySegment> split(CpuImage from) {
        return image.places().stream()
                .map(place -> from.segment().asSlice(place.offset(), place.bytes()))
                .toList();
    }

    @Override
    public Fence submit(Step step, DeviceMemory in, DeviceMemory out, @Nullable LayerState... states) {
        return computing.submit(step, in, out, states);
    }

    @Override
    public void close() {
        computing.close();
        device.exclusively(parts::clear);
    }
}
