package dev.sluice.tokenizer;

import java.util.List;

/**
 * Cuts a text into the words that byte-level BPE encodes one by one: a list of cuts, each applied to every piece that
 * the one before left, as if the piece were a text of its own.
 */
final class PreTokenizer {
    /** One cut, in place of a regular expression: exact, without back-tracking, and on UTF-8 as it is. */
    interface Cut {
        /**
         * The end of the first piece of {@code text[from, to)}: of the match that begins there, or else where the next
         * match begins.
         *
         * @return beyond {@code from}, at most {@code to}
         */
        int next(byte[] text, int from, int to);
    }

    /** Receives the words of a text in order. */
    interface Words {
        void word(int from, int to);
    }

    private final Cut[] cuts;

    PreTokenizer(List<Cut> cuts) {
        this.cuts = cuts.toArray(Cut[]::new);
    }

    /** Hands over the words of {@code text[from, to)} in order. */
    void split(byte[] text, int from, int to, Words words) {
        split(text, from, to, 0, words);
    }

    private void split(byte[] text, int from, int to, int level, Words words) {
        Cut cut = cuts[level];
        boolean last = level == cuts.length - 1;
        for (int start = from; start < to; ) {
            int end = cut.next(text, start, to);
            if (last) {
                words.word(start, end);
            } else {
                split(text, start, end, level + 1, words);
            }
            start = end;
        }
    }
}
