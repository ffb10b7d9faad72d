package dev.sluice.tokenizer;

import java.util.List;
import java.util.Random;

/** Texts that meet the corners of pre-tokenizers: scripts, marks, white space, contractions, digits, any Unicode. */
final class RandomTexts {
    private static final List<String> PARTS = List.of(
            " ",
            "  ",
            "   ",
            "\n",
            "\r\n",
            "\n\n",
            "\t",
            "'s",
            "'S",
            "'ll",
            "'Re",
            "'",
            "I'm",
            "hello",
            "World",
            " the",
            "HTTP",
            "iPhone",
            "Ünïcode",
            "ÄÖÜß",
            "naïve",
            "ſ",
            "İ",
            "123",
            "1234567",
            "٣٤٥",
            "²³",
            "Ⅻ",
            "½",
            "你好",
            "日本語",
            "カタカナ",
            "ひらがな",
            "한국어",
            "हिन्दी",
            "العربية",
            "ไทย",
            "😀",
            "👨‍👩‍👧‍👦",
            "🏳️‍🌈",
            "e\u0301",
            "\u0301",
            "!",
            "?!",
            "...",
            "—",
            "“",
            "$",
            "€",
            "+",
            "<",
            "=",
            "^",
            "~",
            "|",
            "`",
            "#",
            "(",
            "]",
            "/",
            "\\",
            "_",
            "\u00a0",
            "\u2003",
            "\u3000",
            "\u2028",
            "\u0085",
            "\u200b",
            "\u200d",
            "\ufeff",
            "\u0001",
            "\u000b",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "          ",
            "0",
            "00",
            "000",
            "ǅ",
            "ʰ",
            "ª",
            "x",
            "Y",
            "can't",
            "WON'T",
            "CamelCase",
            "ÉCOLE",
            "Ａａ",
            "。",
            "龥",
            "龦",
            "\ud7ff");

    private final Random random;

    RandomTexts(long seed) {
        random = new Random(seed);
    }

    String next() {
        StringBuilder text = new StringBuilder();
        int parts = random.nextInt(20);
        boolean anything = random.nextInt(3) == 0;
        for (int i = 0; i < parts; i++) {
            if (anything && random.nextBoolean()) {
                text.appendCodePoint(codePoint());
            } else {
                text.append(PARTS.get(random.nextInt(PARTS.size())));
            }
        }
        return text.toString();
    }

    private int codePoint() {
        int limit = random.nextBoolean() ? 0x300 : Character.MAX_CODE_POINT + 1;
        int c = random.nextInt(limit);
        boolean surrogate = c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE;
        return surrogate ? '.' : c;
    }
}
