package dev.sluice.tokenizer;

/** Encodes text that holds no special tokens any more. Safe to share between threads. */
interface TextEncoder {
    /**
     * Appends the ids of the UTF-8 text {@code text[from, to)}.
     *
     * @param scratch this call's own work space, from {@link #scratch()}
     * @param first whether the text begins the sequence or follows a special token
     */
    void encode(byte[] text, int from, int to, boolean first, Merger scratch, IntList out);

    /** Work space for the calls of one thread. */
    Merger scratch();
}
