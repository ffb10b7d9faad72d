package dev.sluice.tokenizer;

/** Which neighbours become one symbol, and which of them first. */
interface MergeRule {
    /** There is no such merge. */
    long NONE = Long.MAX_VALUE;

    /**
     * Looks a pair of neighbours up.
     *
     * @param text the bytes of the word
     * @param left the left symbol's id
     * @param right the right symbol's id
     * @param from where the left symbol begins in the text
     * @param to where the right symbol ends
     * @return the priority (lower goes first) in the upper half, the id of the merged symbol in the lower; or
     *     {@link #NONE}
     */
    long find(byte[] text, int left, int right, int from, int to);

    static long merge(int priority, int id) {
        return ((long) priority << 32) | (id & 0xFFFF_FFFFL);
    }
}
