package dev.sluice.backend.opencl;

import dev.sluice.opencl.Buffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Memory for what lies between a layer's stages. All layers of a device share it, because they run one after another; it
 * grows to the widest of them.
 */
final class Scratch {
    private final OpenClDevice device;
    private final List<@Nullable Buffer> slots = new ArrayList<>();
    private @Nullable Buffer panels;
    private @Nullable Buffer partials;
    private @Nullable Buffer bytes;
    private @Nullable Buffer byteScales;

    Scratch(OpenClDevice device) {
        this.device = device;
    }

    /** Sees to it that a slot holds so many floats for each token of a batch. */
    void reserve(int slot, int width) {
        while (slots.size() <= slot) {
            slots.add(null);
        }
        slots.set(slot, grown(slots.get(slot), (long) Float.BYTES * width * device.batchTokens()));
    }

    /** Sees to it that the panels of {@link MatMul} hold a batch of so many columns. */
    void reservePanels(int columns) {
        // The last panel of some tokens may hold but one.
        long tokens = device.batchTokens() + DeviceTuning.MOST_TOKENS - 1L;
        if (columns > 0) {
            panels = grown(panels, Float.BYTES * tokens * columns);
        }
    }

    /** Sees to it that so many floats fit between the launches of attention with one token. */
    void reservePartials(long floats) {
        partials = grown(partials, Float.BYTES * floats);
    }

    /** Sees to it that a batch of so many columns fits, rounded to bytes for {@link MatMulBytes}. */
    void reserveBytes(int columns) {
        long all = (long) columns * device.batchTokens();
        bytes = grown(bytes, all);
        byteScales = grown(byteScales, all / 32 * 4 * Float.BYTES);
    }

    private Buffer grown(@Nullable Buffer present, long bytes) {
        if (present != null && present.byteSize() >= bytes) {
            return present;
        }
        // The new one first: if there is no room the layers that are there go on with the old one.
        Buffer larger = device.newBuffer(bytes, "activations of " + device.batchTokens() + " tokens");
        if (present != null) {
            device.free(present);
        }
        return larger;
    }

    Buffer slot(int slot) {
        return present(slots.get(slot));
    }

    Buffer panels() {
        return present(panels);
    }

    Optional<Buffer> panelsIfAny() {
        return Optional.ofNullable(panels);
    }

    Buffer partials() {
        return present(partials);
    }

    Optional<Buffer> partialsIfAny() {
        return Optional.ofNullable(partials);
    }

    Buffer bytes() {
        return present(bytes);
    }

    Buffer byteScales() {
        return present(byteScales);
    }

    private static Buffer present(@Nullable Buffer buffer) {
        if (buffer == null) {
            throw new IllegalStateException("no scratch memory was reserved");
        }
        return buffer;
    }
}
