package dev.sluice.tokenizer;

import static dev.sluice.tokenizer.MatchCut.NO_MATCH;

/** The small cuts that several pre-tokenizers put before or after their main one; each names its expression. */
final class Cuts {
    private Cuts() {}

    /** {@code [\r\n]}. */
    static final MatchCut NEWLINE = (text, from, to) -> CharClass.isNewline(text[from]) ? from + 1 : NO_MATCH;

    /** {@code \p{N}}. */
    static final MatchCut NUMBER = numbers(1);

    /** {@code \p{N}+}. */
    static final MatchCut NUMBERS = numbers(Integer.MAX_VALUE);

    /** {@code [0-9][0-9][0-9]}. */
    static final MatchCut THREE_DIGITS = (text, from, to) ->
            to - from >= 3 && isDigit(text[from]) && isDigit(text[from + 1]) && isDigit(text[from + 2])
                    ? from + 3
                    : NO_MATCH;

    /** {@code \s?\p{L}+}. */
    static final MatchCut SPACE_LETTERS = spaceThenRun(CharClass.LETTER);

    /** {@code \s?\p{P}+}. */
    static final MatchCut SPACE_PUNCTUATION = spaceThenRun(CharClass.PUNCTUATION);

    /** {@code [一-龥ࠀ-一가-퟿]+}, as it is published: nearly all of the basic plane from U+0800, but its spaces. */
    static final MatchCut EAST_ASIAN = (text, from, to) -> {
        int end = from;
        while (end < to && isEastAsian(CharClass.codePoint(text, end))) {
            end = CharClass.after(text, end);
        }
        return end == from ? NO_MATCH : end;
    };

    /** {@code [一-龥぀-ゟ゠-ヿ]+}. */
    static final MatchCut HAN_OR_KANA = (text, from, to) -> {
        int end = from;
        while (end < to && isHanOrKana(CharClass.codePoint(text, end))) {
            end = CharClass.after(text, end);
        }
        return end == from ? NO_MATCH : end;
    };

    /** {@code \p{N}{1,most}}. */
    static MatchCut numbers(int most) {
        return (text, from, to) -> {
            int end = from;
            for (int n = 0; n < most && (CharClass.at(text, end, to) & CharClass.NUMBER) != 0; n++) {
                end = CharClass.after(text, end);
            }
            return end == from ? NO_MATCH : end;
        };
    }

    /**
     * {@code [\p{P}…]+}.
     *
     * @param more the ASCII symbols that count as punctuation too
     */
    static MatchCut punctuationAnd(String more) {
        return (text, from, to) -> {
            int end = from;
            while (end < to
                    && ((CharClass.at(text, end) & CharClass.PUNCTUATION) != 0 || more.indexOf(text[end]) >= 0)) {
                end = CharClass.after(text, end);
            }
            return end == from ? NO_MATCH : end;
        };
    }

    private static MatchCut spaceThenRun(int classes) {
        return (text, from, to) -> {
            int start = (CharClass.at(text, from) & CharClass.SPACE) != 0 ? CharClass.after(text, from) : from;
            int end = CharClass.afterRun(text, start, to, classes);
            return end == start ? NO_MATCH : end;
        };
    }

    private static boolean isDigit(byte b) {
        return b >= '0' && b <= '9';
    }

    private static boolean isEastAsian(int c) {
        return ((c >= 0x0800 && c <= 0x9FA5) || (c >= 0xAC00 && c <= 0xD7FF)) && CharClass.of(c) != CharClass.SPACE;
    }

    private static boolean isHanOrKana(int c) {
        return (c >= 0x4E00 && c <= 0x9FA5) || (c >= 0x3040 && c <= 0x30FF);
    }
}
