package dev.sluice.stream;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/** Memory that files are read into, as the buffers that channels take. They are made once: reading makes no object. */
final class ReadRoom {
    /** The most that one call reads or writes: enough to hide a disk's latency; calls for ten times as much were slower. */
    private static final long MOST_AT_ONCE = 16L << 20;

    private final MemorySegment memory;
    private final ByteBuffer[] pieces;

    ReadRoom(MemorySegment memory) {
        this.memory = memory;
        pieces = new ByteBuffer[Math.toIntExact(Math.ceilDiv(memory.byteSize(), MOST_AT_ONCE))];
        for (int i = 0; i < pieces.length; i++) {
            long from = i * MOST_AT_ONCE;
            pieces[i] = memory.asSlice(from, Math.min(MOST_AT_ONCE, memory.byteSize() - from))
                    .asByteBuffer();
        }
    }

    MemorySegment memory() {
        return memory;
    }

    /** As much as one call takes of what lies between two bytes. */
    ByteBuffer piece(long from, long to) {
        int index = (int) (from / MOST_AT_ONCE);
        long base = index * MOST_AT_ONCE;
        return pieces[index].limit((int) Math.min(MOST_AT_ONCE, to - base)).position((int) (from - base));
    }
}
