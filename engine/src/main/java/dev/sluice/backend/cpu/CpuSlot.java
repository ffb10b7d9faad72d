package dev.sluice.backend.cpu;

import dev.sluice.backend.Fence;
import dev.sluice.backend.WeightImage;
import dev.sluice.backend.WeightSlot;
import org.jspecify.annotations.Nullable;

/** A slot that moves nothing: the CPU computes from the image. */
final class CpuSlot implements WeightSlot {
    private final CpuDevice device;
    private final long bytes;
    private @Nullable CpuImage image;

    CpuSlot(CpuDevice device, long bytes) {
        this.device = device;
        this.bytes = bytes;
    }

    @Override
    public long bytes() {
        return bytes;
    }

    boolean belongsTo(CpuDevice other) {
        return device == other;
    }

    /** What is here; the caller holds the device. */
    CpuImage image() {
        if (image == null) {
            throw new IllegalStateException("the slot was not filled, or is closed");
        }
        return image;
    }

    @Override
    public Fence fill(WeightImage from, long count) {
        if (!(from instanceof CpuImage own) || !own.belongsTo(device)) {
            throw new IllegalArgumentException("an image of another device");
        }
        if (count > bytes || count > own.segment().byteSize()) {
            throw new IllegalArgumentException(
                    count + " bytes of an image of " + own.segment().byteSize() + " for a slot of " + bytes);
        }
        device.exclusively(() -> image = own);
        return Fence.DONE;
    }

    @Override
    public void close() {
        device.exclusively(() -> image = null);
    }
}
