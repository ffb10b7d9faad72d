package dev.sluice.backend.opencl;

import dev.sluice.backend.DeviceMemory;
import dev.sluice.backend.Fence;
import dev.sluice.backend.LayerState;
import dev.sluice.backend.Step;
import dev.sluice.backend.StreamedLayer;
import dev.sluice.backend.WeightSlot;
import dev.sluice.graph.Layer;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** A layer of an OpenCL device whose matrices come to a slot. */
final class OpenClStreamedLayer implements StreamedLayer {
    private final OpenClDevice device;
    private final OpenClCompiledLayer computing;
    private final StreamedMatrices matrices;

    OpenClStreamedLayer(OpenClDevice device, OpenClCompiledLayer computing, StreamedMatrices matrices) {
        this.device = device;
        this.computing = computing;
        this.matrices = matrices;
    }

    OpenClCompiledLayer computing() {
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
        return matrices.image().bytes();
    }

    @Override
    public String imageLayout() {
        return matrices.image().name();
    }

    @Override
    public void pack(MemorySegment target) {
        matrices.image().pack(target);
    }

    @Override
    public void use(WeightSlot slot) {
        if (!(slot instanceof OpenClSlot own) || !own.belongsTo(device) || own.bytes() < imageBytes()) {
            throw new IllegalArgumentException(
                    layer().name() + ": the slot is another device's, or has less than " + imageBytes() + " bytes");
        }
        device.use(own, matrices);
    }

    @Override
    public Fence submit(Step step, DeviceMemory in, DeviceMemory out, @Nullable LayerState... states) {
        return computing.submit(step, in, out, states);
    }

    @Override
    public void close() {
        computing.close();
    }
}
