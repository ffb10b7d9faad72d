package dev.sluice.simulate;

import dev.sluice.backend.Fence;
import dev.sluice.backend.WeightImage;
import dev.sluice.backend.WeightSlot;
import org.jspecify.annotations.Nullable;

/**
 * Room for streamed weights on a simulated device. A copy takes the link's time and nothing else: the real device's slot is
 * filled when a layer is about to compute with it, which on the CPU moves nothing.
 */
final class SimulatedSlot implements WeightSlot {
    /**
     * What a slot was filled with.
     *
     * @param arrived when it is there
     */
    record Content(WeightImage image, long bytes, StreamedCopies.Copy arrived) {}

    private final SimulatedDevice device;
    private final WeightSlot real;
    /** The last computation with what is here. */
    private @Nullable Event used;

    private @Nullable Content content;
    /** What the real slot holds; the thread that computes alone looks at it. */
    private @Nullable Content realContent;

    private boolean closed;

    SimulatedSlot(SimulatedDevice device, WeightSlot real) {
        this.device = device;
        this.real = real;
    }

    boolean belongsTo(SimulatedDevice other) {
        return device == other;
    }

    @Override
    public long bytes() {
        return real.bytes();
    }

    @Override
    public Fence fill(WeightImage image, long bytes) {
        if (!(image instanceof SimulatedImage own) || !own.belongsTo(device)) {
            throw new IllegalArgumentException("an image of another device");
        }
        if (bytes < 0 || bytes > bytes() || bytes > own.segment().byteSize()) {
            throw new IllegalArgumentException(
                    bytes + " bytes of an image of " + own.segment().byteSize() + " for a slot of " + bytes());
        }
        StreamedCopies.Copy arrived = device.stream(bytes, used);
        used = null;
        content = new Content(own.real(), bytes, arrived);
        return arrived;
    }

    /** What a layer that is submitted now computes with. */
    Content content() {
        if (closed || content == null) {
            throw new IllegalStateException("the slot was not filled, or is closed");
        }
        return content;
    }

    /** A layer computes with what is here. */
    void used(Event computation) {
        used = computation;
    }

    /** Has the real slot hold something; called by the thread that computes. */
    WeightSlot holding(Content wanted) {
        if (!wanted.equals(realContent)) {
            real.fill(wanted.image(), wanted.bytes()).await();
            realContent = wanted;
        }
        return real;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            long bytes = real.bytes();
            device.close(this, real::close, () -> device.account().giveBack(bytes));
        }
    }
}
