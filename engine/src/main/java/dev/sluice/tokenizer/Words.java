package dev.sluice.tokenizer;

import static dev.sluice.tokenizer.CharClass.LETTER;
import static dev.sluice.tokenizer.CharClass.NUMBER;
import static dev.sluice.tokenizer.CharClass.SPACE;

/** The alternatives that the big cuts have in common. */
final class Words {
    private static final int CASE = 0x20;

    private Words() {}

    /**
     * {@code 's|'t|'re|'ve|'m|'ll|'d}.
     *
     * @param anyCase whether capitals count too
     * @return the end of the match, or {@code from} if there is none
     */
    static int afterContraction(byte[] text, int from, int to, boolean anyCase) {
        if (text[from] != '\'' || from + 1 >= to) {
            return from;
        }
        int second = letter(text[from + 1], anyCase);
        if (second == 's' || second == 't' || second == 'm' || second == 'd') {
            return from + 2;
        }
        if (from + 2 < to) {
            int third = letter(text[from + 2], anyCase);
            boolean known = ((second == 'r' || second == 'v') && third == 'e') || (second == 'l' && third == 'l');
            return known ? from + 3 : from;
        }
        return from;
    }

    private static int letter(byte b, boolean anyCase) {
        return anyCase && b >= 'A' && b <= 'Z' ? b | CASE : b;
    }

    /** {@code [^\s\p{L}\p{N}]*}. */
    static int afterOthers(byte[] text, int from, int to) {
        int end = from;
        while (end < to && (CharClass.at(text, end) & (SPACE | LETTER | NUMBER)) == 0) {
            end = CharClass.after(text, end);
        }
        return end;
    }

    /** {@code [\r\n]*}. */
    static int afterNewlines(byte[] text, int from, int to) {
        int end = from;
        while (end < to && CharClass.isNewline(text[end])) {
            end++;
        }
        return end;
    }

    /** {@code \s+(?!\S)|\s+}: the white space, but its last character where a word follows, if there are others. */
    static int afterSpaces(byte[] text, int from, int to) {
        int last = from;
        int end = from;
        while (end < to && (CharClass.at(text, end) & SPACE) != 0) {
            last = end;
            end = CharClass.after(text, end);
        }
        return end < to && last > from ? last : end;
    }

    /** {@code \s*[\r\n]+|\s+(?!\S)|\s+}: the white space up to its last line break, else as above. */
    static int afterSpacesOrLines(byte[] text, int from, int to) {
        int lines = from;
        int last = from;
        int end = from;
        while (end < to && (CharClass.at(text, end) & SPACE) != 0) {
            last = end;
            if (CharClass.isNewline(text[end])) {
                lines = end + 1;
            }
            end = CharClass.after(text, end);
        }
        if (lines > from) {
            return lines;
        }
        return end < to && last > from ? last : end;
    }
}
