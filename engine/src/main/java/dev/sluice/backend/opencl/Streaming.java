package dev.sluice.backend.opencl;

import dev.sluice.backend.DeviceInfo;
import dev.sluice.backend.WeightImage;
import dev.sluice.backend.WeightSlot;
import dev.sluice.error.DeviceFailure;
import dev.sluice.opencl.ClException;
import dev.sluice.opencl.HostMemory;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * The slots of a device and the images that they are filled from. Others own them; what those leave open goes with the device.
 * Not thread-safe: its device sees to that.
 */
final class Streaming implements AutoCloseable {
    /** A slot or an image. */
    interface Part extends AutoCloseable {
        @Override
        void close();
    }

    private final OpenClDevice device;
    private final Queues queues;
    private final List<Part> parts = new ArrayList<>();

    Streaming(OpenClDevice device, Queues queues) {
        this.device = device;
        this.queues = queues;
    }

    /**
     * Pinned host memory.
     *
     * @throws DeviceFailure if the driver refuses it
     */
    WeightImage newImage(long bytes) {
        return made(
                () -> new OpenClImage(device, HostMemory.pinned(queues.copying(), bytes)), "pinned host memory", bytes);
    }

    /**
     * Room for the weights of one layer after another.
     *
     * @throws DeviceFailure if the driver refuses it
     * @throws dev.sluice.error.SluiceException with the numbers if it does not fit
     */
    WeightSlot newSlot(long bytes) {
        return made(() -> new OpenClSlot(device, queues, bytes), "a slot", bytes);
    }

    private <T extends Part> T made(Supplier<T> make, String what, long bytes) {
        try {
            T part = make.get();
            parts.add(part);
            return part;
        } catch (ClException e) {
            DeviceInfo info = device.info();
            throw new DeviceFailure(
                    info.id(),
                    DeviceFailure.Phase.ALLOCATE,
                    info.id() + " (" + info.name() + ") refuses " + bytes + " bytes of " + what
                            + " for streamed weights: " + e.getMessage(),
                    e);
        }
    }

    /** Whether weights are streamed: what a slot held at a step is gone when that should be taken again. */
    boolean used() {
        return !parts.isEmpty();
    }

    /** A slot or an image was closed. */
    void forget(Part part) {
        parts.remove(part);
    }

    @Override
    public void close() {
        List.copyOf(parts).forEach(Part::close);
    }
}
