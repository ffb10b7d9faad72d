package dev.sluice.runtime;

import java.lang.foreign.MemorySegment;

/** Some bytes of a segment. From step to step they are seldom others, and then nothing is made anew. */
final class Window {
    private final MemorySegment whole;
    private MemorySegment part;
    private long from;

    Window(MemorySegment whole) {
        this.whole = whole;
        part = whole;
    }

    /** The first so many. */
    MemorySegment of(long bytes) {
        return of(0, bytes);
    }

    /** So many from one on. */
    MemorySegment of(long offset, long bytes) {
        if (part.byteSize() != bytes || from != offset) {
            part = whole.asSlice(offset, bytes);
            from = offset;
        }
        return part;
    }
}
