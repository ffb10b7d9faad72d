package dev.sluice.tokenizer;

/**
 * The Unicode classes that pre-tokenizers ask for, of the character at a place in UTF-8 text: {@code \p{L}},
 * {@code \p{N}}, {@code \p{P}}, {@code \p{M}}, {@code \p{S}} and {@code \s}, the last meaning Unicode's White_Space,
 * which neither {@code Character.isWhitespace} nor {@code \s} of java.util.regex is.
 */
final class CharClass {
    static final int LETTER = 1;
    static final int NUMBER = 2;
    static final int SPACE = 4;
    static final int PUNCTUATION = 8;
    static final int MARK = 16;
    static final int SYMBOL = 32;

    private static final byte[] BASIC_PLANE = new byte[0x10000];

    static {
        for (int c = 0; c < BASIC_PLANE.length; c++) {
            BASIC_PLANE[c] = (byte) classify(c);
        }
    }

    private CharClass() {}

    /** The class bits of the character at {@code text[p]}; 0 for one that is in none of the classes. */
    static int at(byte[] text, int p) {
        byte b = text[p];
        return b >= 0 ? BASIC_PLANE[b] : of(codePoint(text, p));
    }

    /** The class bits of the character at {@code text[p]}, or 0 if the text ends before it. */
    static int at(byte[] text, int p, int to) {
        return p < to ? at(text, p) : 0;
    }

    /** The class bits of a code point. */
    static int of(int codePoint) {
        return codePoint < BASIC_PLANE.length ? BASIC_PLANE[codePoint] : classify(codePoint);
    }

    /** The place after the character at {@code text[p]}. */
    static int after(byte[] text, int p) {
        byte b = text[p];
        return b >= 0 ? p + 1 : p + (b < (byte) 0xE0 ? 2 : b < (byte) 0xF0 ? 3 : 4);
    }

    /** The place after the run of characters that have any of the class bits. */
    static int afterRun(byte[] text, int p, int to, int classes) {
        int end = p;
        while (end < to && (at(text, end) & classes) != 0) {
            end = after(text, end);
        }
        return end;
    }

    /** The code point at {@code text[p]}; the text is valid UTF-8. */
    static int codePoint(byte[] text, int p) {
        byte b = text[p];
        if (b >= 0) {
            return b;
        }
        if (b < (byte) 0xE0) {
            return ((b & 0x1F) << 6) | (text[p + 1] & 0x3F);
        }
        if (b < (byte) 0xF0) {
            return ((b & 0x0F) << 12) | ((text[p + 1] & 0x3F) << 6) | (text[p + 2] & 0x3F);
        }
        return ((b & 0x07) << 18) | ((text[p + 1] & 0x3F) << 12) | ((text[p + 2] & 0x3F) << 6) | (text[p + 3] & 0x3F);
    }

    static boolean isNewline(byte b) {
        return b == '\n' || b == '\r';
    }

    private static int classify(int c) {
        if (isWhiteSpace(c)) {
            return SPACE;
        }
        return switch (Character.getType(c)) {
            case Character.UPPERCASE_LETTER,
                    Character.LOWERCASE_LETTER,
                    Character.TITLECASE_LETTER,
                    Character.MODIFIER_LETTER,
                    Character.OTHER_LETTER -> LETTER;
            case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER -> NUMBER;
            case Character.NON_SPACING_MARK, Character.ENCLOSING_MARK, Character.COMBINING_SPACING_MARK -> MARK;
            case Character.CONNECTOR_PUNCTUATION,
                    Character.DASH_PUNCTUATION,
                    Character.START_PUNCTUATION,
                    Character.END_PUNCTUATION,
                    Character.INITIAL_QUOTE_PUNCTUATION,
                    Character.FINAL_QUOTE_PUNCTUATION,
                    Character.OTHER_PUNCTUATION -> PUNCTUATION;
            case Character.MATH_SYMBOL, Character.CURRENCY_SYMBOL, Character.MODIFIER_SYMBOL, Character.OTHER_SYMBOL ->
                SYMBOL;
            default -> 0;
        };
    }

    private static boolean isWhiteSpace(int c) {
        return (c >= 0x09 && c <= 0x0D)
                || c == 0x20
                || c == 0x85
                || c == 0xA0
                || c == 0x1680
                || (c >= 0x2000 && c <= 0x200A)
                || c == 0x2028
                || c == 0x2029
                || c == 0x202F
                || c == 0x205F
                || c == 0x3000;
    }
}
