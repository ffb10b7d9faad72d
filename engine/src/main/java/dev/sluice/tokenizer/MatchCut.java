package dev.sluice.tokenizer;

/** A cut that is told by its matches alone; what lies between two matches is one piece. */
@FunctionalInterface
interface MatchCut extends PreTokenizer.Cut {
    /** There is no match here. */
    int NO_MATCH = -1;

    /** The end of the match that begins at {@code text[from]}, or {@link #NO_MATCH}. */
    int match(byte[] text, int from, int to);

    @Override
    default int next(byte[] text, int from, int to) {
        int end = match(text, from, to);
        if (end != NO_MATCH) {
            return end;
        }
        int p = CharClass.after(text, from);
        while (p < to && match(text, p, to) == NO_MATCH) {
            p = CharClass.after(text, p);
        }
        return p;
    }
}
