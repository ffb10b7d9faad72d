package dev.sluice.backend.opencl;

import dev.sluice.backend.Step;
import dev.sluice.opencl.Buffer;
import dev.sluice.opencl.Queue;
import org.jspecify.annotations.Nullable;

/**
 * One submission of a layer: what its stages need to know beyond what they were built with. A layer uses one again and
 * again.
 */
final class Run {
    Queue queue;
    Step step;
    /** Rows to compute. */
    int tokens;

    private KvCache[] caches;
    private final Buffer[] slots;
    private @Nullable Object packed;

    Run(Queue queue, Step step, int tokens, KvCache[] caches, Buffer[] slots) {
        this.queue = queue;
        this.step = step;
        this.tokens = tokens;
        this.caches = caches;
        this.slots = slots;
    }

    /** Begins another submission, with other values in the same slots. */
    Run again(Queue ofThis, Step taken, int rows, KvCache[] ofParts) {
        queue = ofThis;
        step = taken;
        tokens = rows;
        caches = ofParts;
        packed = null;
        return this;
    }

    Buffer buffer(Value value) {
        return slots[value.slot()];
    }

    Buffer slot(int slot) {
        return slots[slot];
    }

    @Nullable
    Buffer bufferOrNone(@Nullable Value value) {
        return value == null ? null : buffer(value);
    }

    /** The element at which a part of a value begins. */
    int at(int part, Value value) {
        return value.at() + step.firstRow(part) * value.stride();
    }

    int atOrZero(int part, @Nullable Value value) {
        return value == null ? 0 : at(part, value);
    }

    /** The KV cache of a part's sequence. */
    KvCache cache(int part) {
        return caches[part];
    }

    /** Whether the panels hold something. */
    boolean holds(Object what) {
        return what.equals(packed);
    }

    /** Says that the panels now hold something; false if they held it already. */
    boolean packs(Object what) {
        boolean fresh = !what.equals(packed);
        packed = what;
        return fresh;
    }
}
