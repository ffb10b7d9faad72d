package dev.sluice.tokenizer;

import static dev.sluice.tokenizer.CharClass.LETTER;
import static dev.sluice.tokenizer.CharClass.NUMBER;
import static dev.sluice.tokenizer.CharClass.SPACE;

/** GPT-2's cut: {@code 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+}. */
final class Gpt2Cut implements PreTokenizer.Cut {
    @Override
    public int next(byte[] text, int from, int to) {
        int contraction = Words.afterContraction(text, from, to, false);
        if (contraction > from) {
            return contraction;
        }
        int start = text[from] == ' ' && from + 1 < to ? from + 1 : from;
        int first = CharClass.at(text, start);
        if ((first & SPACE) != 0) {
            return Words.afterSpaces(text, from, to);
        }
        if ((first & (LETTER | NUMBER)) != 0) {
            return CharClass.afterRun(text, start, to, first);
        }
        return Words.afterOthers(text, start, to);
    }
}
