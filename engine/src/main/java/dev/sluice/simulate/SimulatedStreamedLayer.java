package dev.sluice.simulate;

import dev.sluice.backend.StreamedLayer;
import dev.sluice.backend.WeightSlot;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** A layer of a simulated device whose matrices come over its link. */
final class SimulatedStreamedLayer extends SimulatedLayer implements StreamedLayer {
    private final StreamedLayer real;
    private @Nullable SimulatedSlot slot;

    SimulatedStreamedLayer(SimulatedDevice device, StreamedLayer real, long counted) {
        super(device, real, counted);
        this.real = real;
    }

    StreamedLayer streamed() {
        return real;
    }

    /** The slot that was named last. */
    SimulatedSlot slot() {
        if (slot == null) {
            throw new IllegalStateException("a streamed layer that was given no slot");
        }
        return slot;
    }

    @Override
    public long imageBytes() {
        return real.imageBytes();
    }

    @Override
    public String imageLayout() {
        return real.imageLayout();
    }

    @Override
    public void pack(MemorySegment target) {
        real.pack(target);
    }

    @Override
    public void use(WeightSlot other) {
        if (!(other instanceof SimulatedSlot own) || !own.belongsTo(device()) || own.bytes() < imageBytes()) {
            throw new IllegalArgumentException(
                    layer().name() + ": the slot is another device's, or has less than " + imageBytes() + " bytes");
        }
        slot = own;
    }

    @Override
    void giveBack(Account account, long bytes) {
        account.giveBack(bytes);
    }
}
