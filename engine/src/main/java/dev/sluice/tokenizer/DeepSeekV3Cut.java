package dev.sluice.tokenizer;

import static dev.sluice.tokenizer.CharClass.LETTER;
import static dev.sluice.tokenizer.CharClass.MARK;
import static dev.sluice.tokenizer.CharClass.PUNCTUATION;
import static dev.sluice.tokenizer.CharClass.SPACE;
import static dev.sluice.tokenizer.CharClass.SYMBOL;

/**
 * The last cut of DeepSeek V3: {@code [ASCII punctuation][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+|
 * ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+}.
 */
final class DeepSeekV3Cut implements MatchCut {
    private static final int SIGN = PUNCTUATION | SYMBOL;
    private static final int WORD = LETTER | MARK;

    @Override
    public int match(byte[] text, int from, int to) {
        byte b = text[from];
        int first = CharClass.at(text, from);
        int second = CharClass.after(text, from);
        if (b >= 0 && (first & SIGN) != 0) {
            int end = second;
            while (end < to && isAsciiLetter(text[end])) {
                end++;
            }
            if (end > second) {
                return end;
            }
        }
        boolean prefix = !CharClass.isNewline(b) && (first & (LETTER | SIGN)) == 0;
        if (prefix && (CharClass.at(text, second, to) & WORD) != 0) {
            return CharClass.afterRun(text, second, to, WORD);
        }
        if ((first & WORD) != 0) {
            return CharClass.afterRun(text, from, to, WORD);
        }
        int start = b == ' ' ? second : from;
        int end = CharClass.afterRun(text, start, to, SIGN);
        if (end > start) {
            return Words.afterNewlines(text, end, to);
        }
        return (first & SPACE) != 0 ? Words.afterSpacesOrLines(text, from, to) : NO_MATCH;
    }

    private static boolean isAsciiLetter(byte b) {
        return (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z');
    }
}
