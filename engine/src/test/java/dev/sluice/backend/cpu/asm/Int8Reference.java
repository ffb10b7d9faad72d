package dev.sluice.backend.cpu.asm;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The products with activations in bytes as scalar Java, from the descriptions of the layouts alone. Integer sums are exact
 * and floats are rounded where the kernels round, so that every instruction set has to give these bits.
 */
final class Int8Reference {
    private final TileFormat format;
    private final MemorySegment tiles;
    private final int columns;
    private final int blocks;

    Int8Reference(TileFormat format, MemorySegment tiles, int columns) {
        this.format = format;
        this.tiles = tiles;
        this.columns = columns;
        blocks = columns / 32;
    }

    /** One token's activations in bytes. */
    static final class Row {
        final byte[] quants;
        final float[] scales;
        /** What rounding has left of the blocks of large numbers; null where a block is not one. */
        final byte[] @Nullable [] residuals;

        Row(float[] x, int at, int columns) {
            quants = new byte[columns];
            scales = new float[columns / 32];
            for (int b = 0; b < scales.length; b++) {
                float most = 1e-30f;
                boolean finite = true;
                for (int i = 0; i < 32; i++) {
                    float v = Math.abs(x[at + 32 * b + i]);
                    finite &= v < Float.POSITIVE_INFINITY;
                    most = Math.max(most, v);
                }
                scales[b] = finite ? most * (1 / 127f) : Float.NaN;
                float inverse = 127 / most;
                for (int i = 0; finite && i < 32; i++) {
                    quants[32 * b + i] = (byte) Math.rint(x[at + 32 * b + i] * inverse);
                }
            }
            float sum = 0;
            for (float scale : scales) {
                sum += scale;
            }
            residuals = new byte[scales.length][];
            for (int b = 0; b < scales.length; b++) {
                if (scales[b] > sum * (2.5f / scales.length)) {
                    byte[] left = new byte[32];
                    for (int i = 0; i < 32; i++) {
                        float r = Math.fma(-quants[32 * b + i], scales[b], x[at + 32 * b + i]);
                        left[i] = (byte) Math.rint(r * (254 / scales[b]));
                    }
                    residuals[b] = left;
                }
            }
        }
    }

    /** {@code start + row · x}. */
    float product(int row, Row x, float start) {
        float y = start;
        for (int b = 0; b < blocks; b++) {
            y = block(row, b, Arrays.copyOfRange(x.quants, 32 * b, 32 * b + 32), x.scales[b], y);
        }
        for (int b = 0; b < blocks; b++) {
            byte[] left = x.residuals[b];
            y = left == null ? y : block(row, b, left, x.scales[b] * (1 / 254f), y);
        }
        return y;
    }

    private float block(int row, int b, byte[] x, float scale, float start) {
        float y = start;
        int scales = format == TileFormat.Q6_K ? 2 : 1;
        int total = 0;
        for (int s = 0; s < scales; s++) {
            int sum = 0;
            for (int c = 32 / scales * s; c < 32 / scales * (s + 1); c++) {
                sum += quant(row, 32 * b + c) * x[c];
                total += x[c];
            }
            y = Math.fma(sum * factor(row, b, s), scale, y);
        }
        float scaledSum = total * scale;
        switch (format) {
            case Q4_1, Q5_1 -> y = Math.fma(half(unit(row, b) + 32, row), scaledSum, y);
            case Q4_K, Q5_K -> {
                float m = half(unit(row, b) + 32, row) * unsigned(group(row, b) + 16 + row % 16);
                y = Math.fma(-m, scaledSum, y);
            }
            default -> {}
        }
        return y;
    }

    private float factor(int row, int block, int scale) {
        float d = half(unit(row, block), row);
        return switch (format) {
            case Q4_K, Q5_K -> d * unsigned(group(row, block) + row % 16);
            case Q6_K -> d * tiles.get(ValueLayout.JAVA_BYTE, group(row, block) + 16L * scale + row % 16);
            default -> d;
        };
    }

    private long unit(int row, int block) {
        int size = switch (format) {
            case Q4_0 -> 288;
            case Q4_1 -> 320;
            case Q5_0 -> 352;
            case Q5_1 -> 384;
            case Q8_0 -> 544;
            case Q4_K -> 2368;
            case Q5_K -> 2880;
            case Q6_K -> 3360;
        };
        int perUnit = superBlock() ? 8 : 1;
        long units = (long) row / 16 * (columns / (32 * perUnit)) + block / perUnit;
        return units * size;
    }

    private boolean superBlock() {
        return format == TileFormat.Q4_K || format == TileFormat.Q5_K || format == TileFormat.Q6_K;
    }

    private long group(int row, int block) {
        long unit = unit(row, block);
        return switch (format) {
            case Q4_K -> unit + 64 + block % 8 * 288L;
            case Q5_K -> unit + 64 + block % 8 * 352L;
            case Q6_K -> unit + 32 + block % 8 * 416L;
            default -> unit;
        };
    }

    /** The quant, less the format's zero point. */
    int quant(int row, int column) {
        long group = group(row, column / 32);
        int c = column % 32;
        return switch (format) {
            case Q8_0 -> (byte) (word(group + 32, c / 4, row) >> (8 * (c % 4)));
            case Q4_0 -> four(group + 32, c, row) - 8;
            case Q4_1 -> four(group + 64, c, row);
            case Q5_0 -> four(group + 32, c, row) + 16 * fifth(group + 288, c, row) - 16;
            case Q5_1 -> four(group + 64, c, row) + 16 * fifth(group + 320, c, row);
            case Q4_K -> four(group + 32, c, row);
            case Q5_K -> four(group + 32, c, row) + 16 * fifth(group + 288, c, row);
            case Q6_K -> {
                int upper = (word(group + 288, c / 16, row) >> (8 * (c % 4) + 2 * (c % 16 / 4))) & 3;
                yield four(group + 32, c, row) + 16 * upper - 32;
            }
        };
    }

    private int four(long words, int c, int row) {
        return (word(words, c / 8, row) >> (8 * (c % 4) + (c % 8 < 4 ? 0 : 4))) & 15;
    }

    private int fifth(long words, int c, int row) {
        return (word(words, 0, row) >> (8 * (c % 4) + c / 4)) & 1;
    }

    private int word(long words, int index, int row) {
        return tiles.get(ValueLayout.JAVA_INT_UNALIGNED, words + 64L * index + 4L * (row % 16));
    }

    private float half(long at, int row) {
        return Float.float16ToFloat(tiles.get(ValueLayout.JAVA_SHORT_UNALIGNED, at + 2L * (row % 16)));
    }

    private int unsigned(long at) {
        return tiles.get(ValueLayout.JAVA_BYTE, at) & 0xff;
    }
}
