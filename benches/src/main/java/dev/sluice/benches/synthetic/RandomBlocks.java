package dev.sluice.benches.synthetic;

import java.nio.ByteBuffer;
import java.util.SplittableRandom;

/**
 * Random weights of mean zero, written straight as packed blocks (ggml's formats, 256 elements each): there is nothing
 * to quantise, as random bits are as good a weight as a quantised random number.
 */
enum RandomBlocks {
    /** d, dmin, 12 bytes of 6-bit scales and minima, 128 bytes of nibbles: d scale q - dmin minimum. */
    Q4_K(12, 144) {
        @Override
        void fill(ByteBuffer out, float deviation, SplittableRandom random) {
            // With minimum = scale and dmin = 7.5 d, an element is d scale (q - 7.5).
            float d = deviation / (float) Math.sqrt(meanSquare(32, 63) * variance(16));
            short scale = Float.floatToFloat16(d);
            short minimum = Float.floatToFloat16(7.5f * Float.float16ToFloat(scale));
            byte[] nibbles = new byte[128];
            while (out.hasRemaining()) {
                out.putShort(scale).putShort(minimum);
                long draws = random.nextLong();
                for (int part = 0; part < 3; part++) {
                    for (int i = 0; i < 4; i++) {
                        int low = 32 + (int) (draws >>> (5 * i) & 31); // of sub-block i, 32 to 63
                        int high = 32 + (int) (draws >>> (20 + 5 * i) & 31); // of sub-block 4 + i
                        // Bytes 0 to 7: six bits of scales and minima 0 to 3, and the upper two of 4 to 7.
                        // Bytes 8 to 11: the lower four bits of scales and minima 4 to 7.
                        out.put((byte) (part < 2 ? low | ((high >> 4) << 6) : (high & 15) | ((high & 15) << 4)));
                    }
                }
                random.nextBytes(nibbles);
                out.put(nibbles);
            }
        }
    },

    /** 192 bytes of 6-bit elements, 16 signed scales, d: d scale (q - 32). */
    Q6_K(14, 210) {
        @Override
        void fill(ByteBuffer out, float deviation, SplittableRandom random) {
            float d = deviation / (float) Math.sqrt(meanSquare(-128, 127) * (variance(64) + 0.25));
            short scale = Float.floatToFloat16(d);
            byte[] bits = new byte[208];
            while (out.hasRemaining()) {
                random.nextBytes(bits);
                out.put(bits).putShort(scale);
            }
        }
    };

    static final int BLOCK = 256;

    private final int typeId;
    private final int blockBytes;

    RandomBlocks(int typeId, int blockBytes) {
        this.typeId = typeId;
        this.blockBytes = blockBytes;
    }

    /** The format's number in ggml's type table. */
    int typeId() {
        return typeId;
    }

    int blockBytes() {
        return blockBytes;
    }

    /** Bytes of so many elements, a multiple of {@link #BLOCK}. */
    long bytes(long elements) {
        return elements / BLOCK * blockBytes;
    }

    /** Fills a little-endian buffer, whose size is a multiple of the block's, with weights of this standard deviation. */
    abstract void fill(ByteBuffer out, float deviation, SplittableRandom random);

    /** The mean square of whole numbers drawn evenly from {@code low} to {@code high}. */
    private static double meanSquare(int low, int high) {
        double mean = (low + high) / 2.0;
        return mean * mean + variance(high - low + 1);
    }

    /** The variance of so many consecutive whole numbers. */
    private static double variance(int count) {
        return (count * (double) count - 1) / 12;
    }
}
