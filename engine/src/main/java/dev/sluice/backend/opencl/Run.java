package dev.sluice.backend.opencl;

import dev.sluice.opencl.Buffer;
import dev.sluice.opencl.Queue;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One submission of a layer: what its stages need to know beyond what they were built with. */
final class Run {
    final Queue queue;
    final int position;
    /** Rows to compute. */
    final int tokens;

    final @Nullable KvCache cache;
    private final Buffer[] slots;
    private final int inputAt;
    private @Nullable Object packed;

    Run(Queue queue, int position, int tokens, @Nullable KvCache cache, Buffer[] slots, int inputAt) {
        this.queue = queue;
        this.position = position;
        this.tokens = tokens;
        this.cache = cache;
        this.slots = slots;
        this.inputAt = inputAt;
    }

    Buffer buffer(Value value) {
        return slots[value.slot()];
    }

    @Nullable
    Buffer bufferOrNone(@Nullable Value value) {
        return value == null ? null : buffer(value);
    }

    /** The element at which a value begins. */
    int at(Value value) {
        return value.slot() == Value.INPUT ? inputAt + value.at() : value.at();
    }

    int atOrZero(@Nullable Value value) {
        return value == null ? 0 : at(value);
    }

    KvCache requireCache() {
        return Objects.requireNonNull(cache, "the layer was submitted without its KV cache");
    }

    /** Says that the panels now hold something; false if they held it already. */
    boolean packs(Object what) {
        boolean fresh = !what.equals(packed);
        packed = what;
        return fresh;
    }
}
