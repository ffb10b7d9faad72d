package dev.sluice.tensor;

import static dev.sluice.tensor.PackedBytes.half;
import static dev.sluice.tensor.PackedBytes.i8;
import static dev.sluice.tensor.PackedBytes.u8;

import java.lang.foreign.MemorySegment;

/**
 * The formats of 256 elements whose sub-blocks have quantised scales of their own. In Q4_K and Q5_K eight sub-blocks of
 * 32 have a 6-bit scale and a 6-bit minimum each, packed in 12 bytes; in Q6_K sixteen sub-blocks of 16 have a signed
 * 8-bit scale.
 */
final class BlocksK {
    private BlocksK() {}

    /** d, dmin, 12 scale bytes, 128 nibble bytes: d scale q - dmin minimum. */
    static void q4k(MemorySegment src, long at, float[] dst, int to) {
        float d = half(src, at);
        float dmin = half(src, at + 2);
        long scales = at + 4;
        for (int sub = 0; sub < 8; sub++) {
            float scale = d * scale(src, scales, sub);
            float min = dmin * min(src, scales, sub);
            long qs = at + 16 + 32L * (sub / 2);
            int shift = 4 * (sub & 1);
            for (int l = 0; l < 32; l++) {
                int q = u8(src, qs + l) >> shift & 15;
                dst[to + 32 * sub + l] = scale * q - min;
            }
        }
    }

    /** As Q4_K with 32 bytes before the nibbles: bit s of byte l is the fifth bit of element l of sub-block s. */
    static void q5k(MemorySegment src, long at, float[] dst, int to) {
        float d = half(src, at);
        float dmin = half(src, at + 2);
        long scales = at + 4;
        long qh = at + 16;
        for (int sub = 0; sub < 8; sub++) {
            float scale = d * scale(src, scales, sub);
            float min = dmin * min(src, scales, sub);
            long qs = at + 48 + 32L * (sub / 2);
            int shift = 4 * (sub & 1);
            for (int l = 0; l < 32; l++) {
                int q = (u8(src, qs + l) >> shift & 15) | (u8(src, qh + l) >> sub & 1) << 4;
                dst[to + 32 * sub + l] = scale * q - min;
            }
        }
    }

    /**
     * 128 bytes of low nibbles, 64 bytes of upper bit pairs, 16 scales, d: d scale (q - 32). Each half of 128 elements
     * is four rows of 32: rows 0 and 1 lie in the low nibbles of 64 bytes, rows 2 and 3 in the high ones; bit pair r of
     * byte l belongs to row r.
     */
    static void q6k(MemorySegment src, long at, float[] dst, int to) {
        float d = half(src, at + 208);
        for (int part = 0; part < 2; part++) {
            long ql = at + 64L * part;
            long qh = at + 128 + 32L * part;
            long scales = at + 192 + 8L * part;
            for (int row = 0; row < 4; row++) {
                for (int l = 0; l < 32; l++) {
                    int low = u8(src, ql + 32L * (row & 1) + l) >> (4 * (row >> 1)) & 15;
                    int high = u8(src, qh + l) >> (2 * row) & 3;
                    int q = (low | high << 4) - 32;
                    dst[to + 128 * part + 32 * row + l] = d * i8(src, scales + 2L * row + l / 16) * q;
                }
            }
        }
    }

    /** Scales 0 to 3 are the low 6 bits of bytes 0 to 3; of 4 to 7 the low 4 bits lie in bytes 8 to 11. */
    private static int scale(MemorySegment src, long scales, int sub) {
        return sub < 4
                ? u8(src, scales + sub) & 63
                : (u8(src, scales + sub + 4) & 15) | (u8(src, scales + sub - 4) >> 6) << 4;
    }

    /** Minima 0 to 3 are the low 6 bits of bytes 4 to 7; of 4 to 7 the low 4 bits lie high in bytes 8 to 11. */
    private static int min(MemorySegment src, long scales, int sub) {
        return sub < 4
                ? u8(src, scales + sub + 4) & 63
                : (u8(src, scales + sub + 4) >> 4) | (u8(src, scales + sub) >> 6) << 4;
    }
}
