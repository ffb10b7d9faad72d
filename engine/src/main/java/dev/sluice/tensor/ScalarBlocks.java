package dev.sluice.tensor;

import java.lang.foreign.MemorySegment;

/** Formats without blocks: every element stands for itself, exactly. */
final class ScalarBlocks {
    private ScalarBlocks() {}

    static void f32(MemorySegment src, long at, float[] dst, int to) {
        dst[to] = Float.intBitsToFloat(PackedBytes.i32(src, at));
    }

    static void f16(MemorySegment src, long at, float[] dst, int to) {
        dst[to] = PackedBytes.half(src, at);
    }

    /** The upper half of a float. */
    static void bf16(MemorySegment src, long at, float[] dst, int to) {
        dst[to] = Float.intBitsToFloat(PackedBytes.i16(src, at) << 16);
    }
}
