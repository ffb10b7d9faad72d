package dev.sluice.tokenizer;

import static dev.sluice.tokenizer.CharClass.LETTER;
import static dev.sluice.tokenizer.CharClass.NUMBER;
import static dev.sluice.tokenizer.CharClass.SPACE;

/**
 * The cut of GPT-4o and Mistral's Tekken, which also cuts before a capital:
 * {@code [^\r\n\p{L}\p{N}]?U*L+C?|[^\r\n\p{L}\p{N}]?U+L*C?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+}
 * where {@code U} is a letter but {@code a-z}, {@code L} one but {@code A-Z}, and {@code C} a contraction. Letters
 * beyond ASCII are both, as in the reference implementation.
 */
final class CaseCut implements PreTokenizer.Cut {
    private final int mostDigits;
    private final boolean contractions;

    /**
     * A cut of this kind.
     *
     * @param mostDigits how many digits stay together
     * @param contractions whether {@code 's} and the like stay with their word
     */
    CaseCut(int mostDigits, boolean contractions) {
        this.mostDigits = mostDigits;
        this.contractions = contractions;
    }

    @Override
    public int next(byte[] text, int from, int to) {
        int first = CharClass.at(text, from);
        int second = CharClass.after(text, from);
        if ((first & LETTER) != 0) {
            return afterWord(text, from, to);
        }
        if ((first & NUMBER) == 0
                && !CharClass.isNewline(text[from])
                && (CharClass.at(text, second, to) & LETTER) != 0) {
            return afterWord(text, second, to);
        }
        if ((first & NUMBER) != 0) {
            int end = from;
            for (int n = 0; n < mostDigits && (CharClass.at(text, end, to) & NUMBER) != 0; n++) {
                end = CharClass.after(text, end);
            }
            return end;
        }
        int start = text[from] == ' ' && second < to && (CharClass.at(text, second) & SPACE) == 0 ? second : from;
        int end = Words.afterOthers(text, start, to);
        if (end > start) {
            while (end < to && (CharClass.isNewline(text[end]) || text[end] == '/')) {
                end++;
            }
            return end;
        }
        return Words.afterSpacesOrLines(text, from, to);
    }

    /** The end of a word that begins with a letter. */
    private int afterWord(byte[] text, int from, int to) {
        int upper = from;
        int afterBoth = from;
        while (isLetterBut(text, upper, to, 'a', 'z')) {
            byte b = text[upper];
            upper = CharClass.after(text, upper);
            if (b < 0) {
                afterBoth = upper;
            }
        }
        int end;
        if (isLetterBut(text, upper, to, 'A', 'Z')) {
            end = upper;
            while (isLetterBut(text, end, to, 'A', 'Z')) {
                end = CharClass.after(text, end);
            }
        } else {
            // The last letter that counts as a small one ends the word; if all are capitals they are the word.
            end = afterBoth > from ? afterBoth : upper;
        }
        return contractions && end < to ? Words.afterContraction(text, end, to, true) : end;
    }

    private static boolean isLetterBut(byte[] text, int p, int to, char low, char high) {
        return p < to && (text[p] < low || text[p] > high) && (CharClass.at(text, p) & LETTER) != 0;
    }
}
