package dev.sluice.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Reads little-endian numbers at any byte offset: the blocks of most formats are not aligned to their fields. */
final class PackedBytes {
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private PackedBytes() {}

    static int u8(MemorySegment src, long at) {
        return src.get(ValueLayout.JAVA_BYTE, at) & 0xff;
    }

    static int i8(MemorySegment src, long at) {
        return src.get(ValueLayout.JAVA_BYTE, at);
    }

    static int i32(MemorySegment src, long at) {
        return src.get(INT, at);
    }

    static short i16(MemorySegment src, long at) {
        return src.get(SHORT, at);
    }

    /** An IEEE 754 half as a float, exactly. */
    static float half(MemorySegment src, long at) {
        return Float.float16ToFloat(src.get(SHORT, at));
    }
}
