package dev.sluice.tokenizer;

import static dev.sluice.tokenizer.CharClass.LETTER;
import static dev.sluice.tokenizer.CharClass.MARK;
import static dev.sluice.tokenizer.CharClass.NUMBER;
import static dev.sluice.tokenizer.CharClass.SPACE;

/**
 * The cut of Llama 3, Qwen 2 and their kin:
 * {@code (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+}.
 */
final class Llama3Cut implements PreTokenizer.Cut {
    private final int mostDigits;
    private final int wordClasses;

    /**
     * A cut of this kind.
     *
     * @param mostDigits how many digits stay together
     * @param marksAreLetters whether words are {@code [\p{L}\p{M}]+}
     */
    Llama3Cut(int mostDigits, boolean marksAreLetters) {
        this.mostDigits = mostDigits;
        wordClasses = marksAreLetters ? LETTER | MARK : LETTER;
    }

    @Override
    public int next(byte[] text, int from, int to) {
        int contraction = Words.afterContraction(text, from, to, true);
        if (contraction > from) {
            return contraction;
        }
        int first = CharClass.at(text, from);
        if ((first & wordClasses) != 0) {
            return CharClass.afterRun(text, from, to, wordClasses);
        }
        if ((first & NUMBER) != 0) {
            int end = from;
            for (int n = 0; n < mostDigits && (CharClass.at(text, end, to) & NUMBER) != 0; n++) {
                end = CharClass.after(text, end);
            }
            return end;
        }
        int second = CharClass.after(text, from);
        if (!CharClass.isNewline(text[from]) && (CharClass.at(text, second, to) & wordClasses) != 0) {
            return CharClass.afterRun(text, second, to, wordClasses);
        }
        int start = text[from] == ' ' && second < to ? second : from;
        int end = start;
        while (end < to && (CharClass.at(text, end) & (SPACE | NUMBER | wordClasses)) == 0) {
            end = CharClass.after(text, end);
        }
        return end > start ? Words.afterNewlines(text, end, to) : Words.afterSpacesOrLines(text, from, to);
    }
}
