package dev.sluice.tokenizer;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Finds the number of a byte string without copying it out of the text: open addressing over the tokens' bytes. */
final class ByteIndex {
    static final int ABSENT = -1;

    private final byte[] @Nullable [] keys;
    private final int[] slots;
    private final int longest;

    /**
     * Indexes strings by their position; of equal ones the first counts.
     *
     * @param keys the strings, null for a position that must not be found
     */
    ByteIndex(byte[] @Nullable [] keys) {
        this.keys = keys;
        slots = new int[Integer.highestOneBit(Math.max(8, keys.length)) * 4];
        int length = 0;
        for (int i = 0; i < keys.length; i++) {
            byte[] key = keys[i];
            if (key != null && find(key, 0, key.length) == ABSENT) {
                int slot = hash(key, 0, key.length) & (slots.length - 1);
                while (slots[slot] != 0) {
                    slot = (slot + 1) & (slots.length - 1);
                }
                slots[slot] = i + 1;
                length = Math.max(length, key.length);
            }
        }
        longest = length;
    }

    /** The position of the string {@code text[from, to)}, or {@link #ABSENT}. */
    int find(byte[] text, int from, int to) {
        int slot = hash(text, from, to) & (slots.length - 1);
        while (slots[slot] != 0) {
            int i = slots[slot] - 1;
            byte[] key = keys[i];
            if (key != null && Arrays.equals(key, 0, key.length, text, from, to)) {
                return i;
            }
            slot = (slot + 1) & (slots.length - 1);
        }
        return ABSENT;
    }

    /** The length of the longest string in bytes. */
    int longest() {
        return longest;
    }

    static int hash(byte[] text, int from, int to) {
        int h = to - from;
        for (int i = from; i < to; i++) {
            h = h * 31 + text[i];
        }
        h *= 0x9E3779B9;
        return h ^ (h >>> 15);
    }
}
