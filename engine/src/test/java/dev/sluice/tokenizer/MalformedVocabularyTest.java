package dev.sluice.tokenizer;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.error.SluiceException;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class MalformedVocabularyTest {
    static Stream<Arguments> damaged() {
        return Stream.of(
                Arguments.of("no kind", bytePair().without(Keys.MODEL), Keys.MODEL),
                Arguments.of("unknown kind", bytePair().set(Keys.MODEL, "rwkv"), "'rwkv'"),
                Arguments.of("unknown cut", bytePair().set(Keys.PRE, "kimi-k9"), "'kimi-k9'"),
                Arguments.of("tokens of the wrong type", bytePair().set(Keys.TOKENS, new long[] {1, 2}), Keys.TOKENS),
                Arguments.of("tokens that are no array", bytePair().set(Keys.TOKENS, "a"), Keys.TOKENS),
                Arguments.of("no tokens", bytePair().without(Keys.TOKENS), Keys.TOKENS),
                Arguments.of("empty tokens", bytePair().set(Keys.TOKENS, new String[0]), Keys.TOKENS),
                Arguments.of("too few types", bytePair().set(Keys.TYPES, new long[] {1}), Keys.TYPES),
                Arguments.of("types of the wrong type", bytePair().set(Keys.TYPES, new String[] {"a"}), Keys.TYPES),
                Arguments.of("too many scores", sentencePiece().set(Keys.SCORES, new float[9999]), Keys.SCORES),
                Arguments.of("scores of the wrong type", sentencePiece().set(Keys.SCORES, new String[1]), Keys.SCORES),
                Arguments.of("a score that is none", sentencePiece().token("x", 1, Float.NaN), Keys.SCORES),
                Arguments.of("no merges", bytePair().without(Keys.MERGES), Keys.MERGES),
                Arguments.of("a merge of one", bytePair().merges("a b", "ab"), "'ab'"),
                Arguments.of("half a merge", bytePair().merges("a "), "'a '"),
                Arguments.of("bos beyond", bytePair().set(Keys.BOS, 256L), Keys.BOS),
                Arguments.of("bos beyond 32 bits", bytePair().set(Keys.BOS, 1L << 32), Keys.BOS),
                Arguments.of("bos below", bytePair().set(Keys.BOS, -1L), Keys.BOS),
                Arguments.of("eos beyond", sentencePiece().set(Keys.EOS, 4_294_967_295L), Keys.EOS),
                Arguments.of("eot beyond", sentencePiece().set(Keys.EOT, 259L), Keys.EOT),
                Arguments.of("unknown beyond", sentencePiece().set(Keys.UNKNOWN, 259L), Keys.UNKNOWN),
                Arguments.of("bos that is a text", bytePair().set(Keys.BOS, "<s>"), Keys.BOS),
                Arguments.of("add_bos that is a text", bytePair().set(Keys.ADD_BOS, "yes"), Keys.ADD_BOS),
                Arguments.of("a negative byte", sentencePiece().token("<0x-1>", 6, 0), "<0x-1>"),
                Arguments.of("a byte of one digit", sentencePiece().token("<0xA>", 6, 0), "<0xA>"),
                Arguments.of("a byte of three digits", sentencePiece().token("<0x0AB>", 6, 0), "<0x0AB>"),
                Arguments.of("a byte that is empty", sentencePiece().token("", 6, 0), "EMPTY"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("damaged")
    void eachIsOneErrorThatNamesWhatIsWrong(String what, TinyVocabulary vocabulary, String named) {
        SluiceException e = assertThrows(SluiceException.class, () -> Tokenizer.of(vocabulary.metadata()), () -> what);
        assertTrue(String.valueOf(e.getMessage()).contains(named), e.getMessage());
    }

    private static TinyVocabulary bytePair() {
        return TinyVocabulary.bytePair();
    }

    private static TinyVocabulary sentencePiece() {
        return TinyVocabulary.sentencePiece();
    }
}
