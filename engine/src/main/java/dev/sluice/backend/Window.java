package dev.sluice.backend;

import java.lang.foreign.MemorySegment;

/**
 * Some bytes of a segment. From step to step they are seldom others than in one of the last two cases, as where two ways to take a
 * step are tried in turn, and then nothing is made anew. Not thread-safe.
 */
public final class Window {
    private final MemorySegment whole;
    private MemorySegment part;
    private long from;
    private MemorySegment otherPart;
    private long otherFrom;

    /** Of a segment. */
    public Window(MemorySegment whole) {
        this.whole = whole;
        part = whole;
        otherPart = whole;
    }

    /** The first so many. */
    public MemorySegment of(long bytes) {
        return of(0, bytes);
    }

    /**
     * So many from one on.
     *
     * @throws IndexOutOfBoundsException if there are not so many
     */
    public MemorySegment of(long offset, long bytes) {
        if (part.byteSize() != bytes || from != offset) {
            MemorySegment before = part;
            long beforeFrom = from;
            boolean other = otherPart.byteSize() == bytes && otherFrom == offset;
            part = other ? otherPart : whole.asSlice(offset, bytes);
            from = offset;
            otherPart = before;
            otherFrom = beforeFrom;
        }
        return part;
    }
}
