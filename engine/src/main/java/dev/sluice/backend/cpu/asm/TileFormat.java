package dev.sluice.backend.cpu.asm;

import dev.sluice.tensor.DType;
import org.jspecify.annotations.Nullable;

/**
 * Where the numbers of a packed format lie in a row tile (docs/weight-layout.md), and what its unsigned quants are to be
 * reduced by. A group is what shares a scale: 32 columns of 16 rows; the K formats have eight behind a common header.
 */
public enum TileFormat {
    Q4_0(4, 0, 1, 288, 32, 0, 3, false),
    Q4_1(4, 0, 1, 320, 64, 0, 0, true),
    Q5_0(5, 0, 1, 352, 32, 288, 4, false),
    Q5_1(5, 0, 1, 384, 64, 320, 0, true),
    Q8_0(8, 0, 1, 544, 32, 0, 7, false),
    Q4_K(4, 64, 8, 288, 32, 0, 0, true),
    Q5_K(5, 64, 8, 352, 32, 288, 0, true),
    Q6_K(6, 32, 8, 416, 32, 288, 5, false);

    /** Columns of a group. */
    public static final int COLUMNS = 32;

    /** Bits of a quant. */
    final int bits;
    /** Bytes before the groups of a unit. */
    final int header;
    /** Groups of a unit. */
    final int groups;
    /** Bytes of a group. */
    final int groupBytes;
    /** Where in a group the words are. */
    final int words;
    /** Where in a group the words of upper bits are, 0 if there are none. */
    final int high;
    /** Logarithm of the zero point, 0 if there is none. */
    final int zeroShift;
    /** Whether a minimum is added. */
    final boolean minima;

    TileFormat(int bits, int header, int groups, int groupBytes, int words, int high, int zeroShift, boolean minima) {
        this.bits = bits;
        this.header = header;
        this.groups = groups;
        this.groupBytes = groupBytes;
        this.words = words;
        this.high = high;
        this.zeroShift = zeroShift;
        this.minima = minima;
    }

    /** The tile format of a type, or null if its products are not assembled. */
    public static @Nullable TileFormat of(DType type) {
        return switch (type) {
            case Q4_0 -> Q4_0;
            case Q4_1 -> Q4_1;
            case Q5_0 -> Q5_0;
            case Q5_1 -> Q5_1;
            case Q8_0 -> Q8_0;
            case Q4_K -> Q4_K;
            case Q5_K -> Q5_K;
            case Q6_K -> Q6_K;
            default -> null;
        };
    }

    /** Columns of a unit. */
    public int unitColumns() {
        return groups * COLUMNS;
    }

    /** Bytes of a unit. */
    int unitBytes() {
        return header + groups * groupBytes;
    }

    /** Scales of a group: each is for 32 or for 16 columns. */
    int scales() {
        return this == Q6_K ? 2 : 1;
    }
}
