package dev.sluice.tokenizer;

/**
 * Where each token occurs in a text, the places of one token together and in order. Counted first and filled in second:
 * a long run of line breaks has dozens of occurrences at each place.
 */
final class Occurrences {
    private static final int[] NONE = {};

    private final int tokens;
    /** First the counts, one place later; then where the next start of a token goes. */
    private int[] next = NONE;

    private int[] starts = NONE;

    Occurrences(int tokens) {
        this.tokens = tokens;
    }

    boolean isEmpty() {
        return next.length == 0;
    }

    /** The first pass: an occurrence is there. */
    void count(int token, int start) {
        if (next.length == 0) {
            // Most texts have none at all, and then need no memory.
            next = new int[tokens + 2];
        }
        next[token + 2]++;
    }

    /** Between the passes. */
    void prepare() {
        for (int i = 1; i < next.length; i++) {
            next[i] = Math.addExact(next[i], next[i - 1]);
        }
        starts = new int[next[tokens + 1]];
    }

    /** The second pass: puts the occurrence in its place. */
    void put(int token, int start) {
        starts[next[token + 1]++] = start;
    }

    /** After both passes: the index of a token's first start; the token behind it follows. */
    int first(int token) {
        return next[token];
    }

    /** A start by its index. */
    int start(int index) {
        return starts[index];
    }
}
