package dev.sluice.tensor;

import static dev.sluice.tensor.PackedBytes.half;
import static dev.sluice.tensor.PackedBytes.i32;
import static dev.sluice.tensor.PackedBytes.i8;
import static dev.sluice.tensor.PackedBytes.u8;

import java.lang.foreign.MemorySegment;

/**
 * The formats of 32 elements with one half-precision scale d, and in the {@code _1} formats a minimum m. Byte j of the
 * 16 nibble bytes holds element j in its low and element j + 16 in its high half; where there is a fifth bit, bit j of
 * the 32-bit word qh belongs to element j.
 */
final class Blocks32 {
    private static final int HALF = 16;

    private Blocks32() {}

    /** d, 32 signed bytes: d q. */
    static void q8x0(MemorySegment src, long at, float[] dst, int to) {
        float d = half(src, at);
        for (int j = 0; j < 32; j++) {
            dst[to + j] = i8(src, at + 2 + j) * d;
        }
    }

    /** d, nibbles: d (q - 8). */
    static void q4x0(MemorySegment src, long at, float[] dst, int to) {
        float d = half(src, at);
        for (int j = 0; j < HALF; j++) {
            int q = u8(src, at + 2 + j);
            dst[to + j] = ((q & 15) - 8) * d;
            dst[to + j + HALF] = ((q >> 4) - 8) * d;
        }
    }

    /** d, m, nibbles: d q + m. */
    static void q4x1(MemorySegment src, long at, float[] dst, int to) {
        float d = half(src, at);
        float m = half(src, at + 2);
        for (int j = 0; j < HALF; j++) {
            int q = u8(src, at + 4 + j);
            dst[to + j] = (q & 15) * d + m;
            dst[to + j + HALF] = (q >> 4) * d + m;
        }
    }

    /** d, qh, nibbles: d (q - 16). */
    static void q5x0(MemorySegment src, long at, float[] dst, int to) {
        float d = half(src, at);
        int qh = i32(src, at + 2);
        for (int j = 0; j < HALF; j++) {
            int q = u8(src, at + 6 + j);
            dst[to + j] = (((q & 15) | fifthBit(qh, j)) - 16) * d;
            dst[to + j + HALF] = (((q >> 4) | fifthBit(qh, j + HALF)) - 16) * d;
        }
    }

    /** d, m, qh, nibbles: d q + m. */
    static void q5x1(MemorySegment src, long at, float[] dst, int to) {
        float d = half(src, at);
        float m = half(src, at + 2);
        int qh = i32(src, at + 4);
        for (int j = 0; j < HALF; j++) {
            int q = u8(src, at + 8 + j);
            dst[to + j] = ((q & 15) | fifthBit(qh, j)) * d + m;
            dst[to + j + HALF] = ((q >> 4) | fifthBit(qh, j + HALF)) * d + m;
        }
    }

    private static int fifthBit(int qh, int element) {
        return (qh >>> element & 1) << 4;
    }
}
