package dev.sluice.runtime;

import java.lang.foreign.MemorySegment;

/** The first bytes of a segment. From step to step their number seldom changes, and then nothing is made anew. */
final class Beginning {
    private final MemorySegment whole;
    private MemorySegment part;

    Beginning(MemorySegment whole) {
        this.whole = whole;
        part = whole;
    }

    MemorySegment of(long bytes) {
        if (part.byteSize() != bytes) {
            part = whole.asSlice(0, bytes);
        }
        return part;
    }
}
