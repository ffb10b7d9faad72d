package dev.sluice.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.error.SluiceException;
import dev.sluice.formats.Metadata;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The hand-written cuts against the published regular expressions that they stand for, run by java.util.regex. */
class PreTokenizerTest {
    private static final String GPT2 =
            "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
    private static final String CONTRACTION = "'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD]";
    private static final String BIG_LETTER = "(?:(?=\\p{L})[^a-z])";
    private static final String SMALL_LETTER = "(?:(?=\\p{L})[^A-Z])";
    private static final String LLAMA3 = CONTRACTION
            + "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

    static Stream<Arguments> families() {
        String lines = "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
        String bigSmall = "[^\\r\\n\\p{L}\\p{N}]?" + BIG_LETTER + "*" + SMALL_LETTER + "+";
        String big = "[^\\r\\n\\p{L}\\p{N}]?" + BIG_LETTER + "+" + SMALL_LETTER + "*";
        String others = "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*" + lines;
        return Stream.of(
                Arguments.of("gpt-2", List.of(GPT2)),
                Arguments.of("smollm", List.of("\\p{N}", GPT2)),
                Arguments.of("falcon", List.of("[\\p{P}\\$\\+<=>\\^~\\|`]+", GPT2, "[0-9][0-9][0-9]")),
                Arguments.of("default", List.of("[\\p{P}\\$\\+<=>\\^~\\|]+", GPT2, "\\p{N}+", "[0-9][0-9][0-9]")),
                Arguments.of(
                        "deepseek-coder",
                        List.of(
                                "[\\r\\n]",
                                "\\s?\\p{L}+",
                                "\\s?\\p{P}+",
                                "[\\u4e00-\\u9fa5\\u0800-\\u4e00\\uac00-\\ud7ff&&\\S]+",
                                "\\p{N}")),
                Arguments.of(
                        "deepseek-v3",
                        List.of(
                                "\\p{N}{1,3}",
                                "[\\u4e00-\\u9fa5\\u3040-\\u309f\\u30a0-\\u30ff]+",
                                "[!-/:-@\\[-`{-~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+"
                                        + "| ?[\\p{P}\\p{S}]+[\\r\\n]*" + lines)),
                Arguments.of("llama-bpe", List.of(LLAMA3)),
                Arguments.of("qwen2", List.of(LLAMA3.replace("{1,3}", ""))),
                Arguments.of(
                        "qwen35",
                        List.of(CONTRACTION
                                + "|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*"
                                + lines)),
                Arguments.of("tekken", List.of(bigSmall + "|" + big + "|\\p{N}" + others)),
                Arguments.of(
                        "gpt-4o",
                        List.of(bigSmall + "(?:" + CONTRACTION + ")?|" + big + "(?:" + CONTRACTION + ")?|\\p{N}{1,3}"
                                + others)));
    }

    @ParameterizedTest
    @MethodSource("families")
    void cutsWhereTheRegularExpressionsDo(String name, List<String> expressions) {
        PreTokenizer preTokenizer = PreTokenizers.of(named(name)).create();
        List<Pattern> patterns = expressions.stream()
                .map(e -> Pattern.compile(e.replace("\\s", "\\p{IsWhite_Space}").replace("\\S", "\\P{IsWhite_Space}")))
                .toList();
        RandomTexts texts = new RandomTexts(7);
        int words = 0;
        for (int i = 0; i < 3000; i++) {
            String text = texts.next();
            List<String> expected = split(List.of(text), patterns);
            assertEquals(expected, split(text, preTokenizer), text);
            words += expected.size();
        }
        assertTrue(words > 10_000, "the texts are cut at all");
    }

    @Test
    void anUnknownNameIsAnErrorThatNamesIt() {
        SluiceException e = assertThrows(SluiceException.class, () -> PreTokenizers.of(named("no-such-cut")));
        String message = String.valueOf(e.getMessage());
        assertTrue(message.contains("'no-such-cut'"), message);
        assertTrue(message.contains("llama-bpe"), message);
    }

    @Test
    void aMissingNameMeansTheDefault() {
        PreTokenizers.Family family = PreTokenizers.of(new Metadata("test", Map.of()));
        assertEquals(List.of("a", "123", "456", "."), split("a123456.", family.create()));
    }

    private static Metadata named(String name) {
        return new Metadata("test", Map.of(Keys.PRE, name));
    }

    private static List<String> split(String text, PreTokenizer preTokenizer) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        List<String> words = new ArrayList<>();
        preTokenizer.split(
                utf8,
                0,
                utf8.length,
                (from, to) -> words.add(new String(utf8, from, to - from, StandardCharsets.UTF_8)));
        return words;
    }

    private static List<String> split(List<String> pieces, List<Pattern> patterns) {
        List<String> result = pieces;
        for (Pattern pattern : patterns) {
            List<String> next = new ArrayList<>();
            for (String piece : result) {
                Matcher matcher = pattern.matcher(piece);
                int done = 0;
                while (matcher.find()) {
                    if (matcher.start() > done) {
                        next.add(piece.substring(done, matcher.start()));
                    }
                    next.add(matcher.group());
                    done = matcher.end();
                }
                if (done < piece.length()) {
                    next.add(piece.substring(done));
                }
            }
            result = next;
        }
        return result.stream().filter(w -> !w.isEmpty()).toList();
    }
}
