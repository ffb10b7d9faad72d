package dev.sluice.backend.cpu.asm;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The argument block of int8 kernels: 64-bit numbers at fixed places, two masks, and the constants. One worker owns it
 * and fills it anew for each call.
 */
public final class Arguments {
    // products
    static final int WEIGHTS = 0;
    static final int ACTIVATIONS = 8;
    static final int GROUP_BYTES = 16;
    static final int GROUPS = 24;
    static final int TILES = 32;
    static final int UNITS = 40;
    static final int OUT = 48;
    static final int OUT_TOKEN = 56;
    static final int OUT_GROUP = 64;
    static final int START = 72;
    static final int START_TOKEN = 80;
    static final int START_GROUP = 88;
    static final int START_TILE = 96;
    static final int TILE_BYTES = 104;
    static final int LIST = 112;
    static final int LIST_BYTES = 120;
    // conversion
    static final int SOURCE = 0;
    static final int SOURCE_STRIDE = 8;
    static final int TOKENS = 16;
    static final int BLOCKS = 24;
    static final int BLOCK_BYTES = 32;
    static final int FIELD_BYTES = 40;
    static final int RECORDS = 48;
    static final int FIELDS = 56;
    static final int RESIDUALS = 64;
    /** A float: by how much the sum of a token's scales is multiplied to give the scale above which blocks have residuals. */
    static final int LARGE = 72;
    // 16 lanes of all ones or zeros, then the same as bits
    static final int WHOLE_TILE = 128;
    static final int LAST_TILE = 256;
    static final int MASK_BITS = 64;
    /** The order that undoes the interleaving of AVX2's packing. */
    static final int UNPACKED_ORDER = 352;

    static final int CONSTANTS = 384;

    private static final int[] ORDER = {0, 4, 1, 5, 2, 6, 3, 7};
    static final int ZEROS = CONSTANTS + Constant.values().length * Constant.BYTES;
    /** For each token of a group, 1 where a block has a residual and 0 where not; floats. */
    static final int WANTED = ZEROS + 64;

    /** For each token of a group, the scale above which its blocks have residuals; floats. */
    static final int LIMITS = WANTED + 64;

    private static final int BYTES = LIMITS + 64;

    private final MemorySegment memory;
    private int lastRows;

    /** Allocates a block that lives as long as the arena. */
    public Arguments(Arena arena) {
        memory = arena.allocate(BYTES, 64);
        for (Constant constant : Constant.values()) {
            for (int i = 0; i < Constant.BYTES; i += 4) {
                memory.set(ValueLayout.JAVA_INT, CONSTANTS + constant.at + i, constant.pattern);
            }
        }
        for (int i = 0; i < ORDER.length; i++) {
            memory.set(ValueLayout.JAVA_INT, UNPACKED_ORDER + 4 * i, ORDER[i]);
        }
        mask(WHOLE_TILE, 16);
        lastRows(16);
    }

    private void mask(int at, int rows) {
        for (int i = 0; i < 16; i++) {
            memory.set(ValueLayout.JAVA_INT, at + 4 * i, i < rows ? -1 : 0);
        }
        memory.set(ValueLayout.JAVA_INT, at + MASK_BITS, (1 << rows) - 1);
    }

    /** Its address. */
    public long address() {
        return memory.address();
    }

    /** Address of 16 zeros. */
    long zeros() {
        return memory.address() + ZEROS;
    }

    /** Sets how many rows of the last tile exist. */
    void lastRows(int rows) {
        if (rows != lastRows) {
            lastRows = rows;
            mask(LAST_TILE, rows);
        }
    }

    void set(int at, long value) {
        memory.set(ValueLayout.JAVA_LONG, at, value);
    }
}
