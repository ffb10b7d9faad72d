package dev.sluice.tokenizer;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Remembers the ids of words that were met lately. One place per hash value, so the memory is bounded and a newcomer
 * replaces what was there. Threads share it without locks: an entry is immutable, and a lost write only means that a
 * word is encoded again.
 */
final class WordCache {
    /** Longer words are rarely met twice. */
    static final int LONGEST_WORD = 48;

    private static final int PLACES = 1 << 14;

    /** Final fields make it safe to read an entry that another thread has just put in its place. */
    private static final class Entry {
        final byte[] word;
        final int[] ids;

        Entry(byte[] word, int[] ids) {
            this.word = word;
            this.ids = ids;
        }
    }

    private final @Nullable Entry[] places = new Entry[PLACES];

    /** The ids of a word, or null. The array is shared: it must not be changed. */
    int @Nullable [] find(byte[] text, int from, int to) {
        Entry entry = places[place(text, from, to)];
        return entry != null && Arrays.equals(entry.word, 0, entry.word.length, text, from, to) ? entry.ids : null;
    }

    void put(byte[] text, int from, int to, int[] ids) {
        places[place(text, from, to)] = new Entry(Arrays.copyOfRange(text, from, to), ids);
    }

    private static int place(byte[] text, int from, int to) {
        return ByteIndex.hash(text, from, to) & (PLACES - 1);
    }
}
