package dev.sluice.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

class TokenizerTest {
    static final List<String> NAMES = TestVocabularies.NAMES;

    @ParameterizedTest
    @FieldSource("NAMES")
    void decodingAnEncodedTextGivesTheTextBack(String name) {
        Tokenizer tokenizer = TestVocabularies.load(name);
        RandomTexts texts = new RandomTexts(1);
        int decoded = 0;
        for (int i = 0; i < 1000; i++) {
            String text = texts.next();
            if (hasTokens(tokenizer, text)) {
                assertEquals(text, tokenizer.decode(tokenizer.encode(text, false)));
                decoded++;
            }
        }
        assertTrue(decoded > 700, () -> "most texts can be encoded");
    }

    /** Whether a vocabulary has a token for each byte of a text; smollm2 and falcon have none for 0xF1 and its like. */
    private static boolean hasTokens(Tokenizer tokenizer, String text) {
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            boolean byteLevel =
                    tokenizer.idOf(String.valueOf(ByteAlphabet.spell(b))).isPresent();
            if (!byteLevel && tokenizer.idOf("<0x%02X>".formatted(b)).isEmpty()) {
                return false;
            }
        }
        return true;
    }

    @ParameterizedTest
    @FieldSource("NAMES")
    void threadsThatShareATokenizerGetTheSameIds(String name) throws Exception {
        Tokenizer tokenizer = TestVocabularies.load(name);
        List<TestVocabularies.Case> cases = TestVocabularies.cases(name);
        try (ExecutorService pool = Executors.newFixedThreadPool(4)) {
            List<Future<Integer>> wrong = new ArrayList<>();
            for (int t = 0; t < 4; t++) {
                int offset = t * 37;
                Callable<Integer> run = () -> {
                    int different = 0;
                    for (int i = 0; i < cases.size() * 4; i++) {
                        TestVocabularies.Case c = cases.get((i + offset) % cases.size());
                        List<Integer> ids = new ArrayList<>();
                        for (int id : tokenizer.encode(c.text(), false)) {
                            ids.add(id);
                        }
                        different += ids.equals(c.ids()) ? 0 : 1;
                    }
                    return different;
                };
                wrong.add(pool.submit(run));
            }
            for (Future<Integer> count : wrong) {
                assertEquals(0, count.get());
            }
        }
    }

    @Test
    void controlTokensInATextAreTextUnlessAskedFor() {
        Tokenizer tokenizer = TestVocabularies.load("smollm2");
        int start = tokenizer.idOf("<|im_start|>").orElseThrow();
        int end = tokenizer.idOf("<|im_end|>").orElseThrow();
        String turn = "<|im_start|>user\nHi<|im_end|>";
        int[] parsed = tokenizer.encode(turn, true);
        assertEquals(start, parsed[0]);
        assertEquals(end, parsed[parsed.length - 1]);
        assertEquals("user\nHi", tokenizer.decode(parsed));
        int[] plain = tokenizer.encode(turn, false);
        assertEquals(turn, tokenizer.decode(plain));
        for (int id : plain) {
            assertTrue(id != start && id != end);
        }
        assertEquals(0, tokenizer.bytes(start).length);
        assertEquals("<|im_start|>", tokenizer.text(start));
    }

    @Test
    void oneFamilySwallowsSpaceAfterItsSpecialTokens() {
        Tokenizer tokenizer = TestVocabularies.load("phi-3");
        assertArrayEquals(
                tokenizer.encode("<|user|>Hi<|end|>", true), tokenizer.encode("<|user|>\n Hi<|end|> \n", true));
    }

    @Test
    void theLongestSpecialTokenWinsNotTheFirst() {
        Tokenizer tokenizer = Tokenizer.of(TinyVocabulary.bytePair()
                .token("<a>", 4, 0)
                .token("><<bb>", 4, 0)
                .metadata());
        assertArrayEquals(new int[] {'<', 'a', 257}, tokenizer.encode("<a><<bb>", false));
        assertArrayEquals(new int[] {256, '<'}, tokenizer.encode("<a><", false));
    }

    @Test
    void userDefinedTokensAreAlwaysRecognised() {
        Tokenizer tokenizer =
                Tokenizer.of(TinyVocabulary.bytePair().token("<tag>", 4, 0).metadata());
        assertArrayEquals(new int[] {'a', 256, 'b'}, tokenizer.encode("a<tag>b", false));
        assertEquals("a<tag>b", tokenizer.decode(tokenizer.encode("a<tag>b", true)));
    }

    @Test
    void bytePairsMergeByRank() {
        Tokenizer tokenizer = Tokenizer.of(TinyVocabulary.bytePair()
                .token("bc", 1, 0)
                .token("ab", 1, 0)
                .token("abc", 1, 0)
                .merges("b c", "a b", "ab c")
                .metadata());
        assertArrayEquals(new int[] {'a', 256}, tokenizer.encode("abc", false));
        assertArrayEquals(new int[] {257, 257}, tokenizer.encode("abab", false));
    }

    @Test
    void aWordThatIsATokenIgnoresMergesWhereTheFamilyDoes() {
        TinyVocabulary vocabulary = TinyVocabulary.bytePair().token("abc", 1, 0);
        assertArrayEquals(
                new int[] {'a', 'b', 'c'}, Tokenizer.of(vocabulary.metadata()).encode("abc", false));
        vocabulary.set(Keys.PRE, "llama-bpe");
        assertArrayEquals(new int[] {256}, Tokenizer.of(vocabulary.metadata()).encode("abc", false));
    }

    @Test
    void aMergeThatLeadsToNoTokenIsTakenApart() {
        Tokenizer tokenizer =
                Tokenizer.of(TinyVocabulary.bytePair().merges("a b").metadata());
        assertArrayEquals(new int[] {'a', 'b'}, tokenizer.encode("ab", false));
    }

    @Test
    void sentencePieceMergesByScoreAndFallsBackToBytes() {
        Tokenizer tokenizer = Tokenizer.of(TinyVocabulary.sentencePiece()
                .token("▁", 1, -10)
                .token("a", 1, -11)
                .token("b", 1, -12)
                .token("ab", 1, -2)
                .token("▁a", 1, -1)
                .metadata());
        assertArrayEquals(new int[] {263, 261}, tokenizer.encode("ab", false));
        assertArrayEquals(new int[] {259, 261, 261, 262}, tokenizer.encode("bbab", false));
        assertArrayEquals(new int[] {259, 3 + 0xC3, 3 + 0xA9}, tokenizer.encode("é", false));
        assertArrayEquals(new int[] {263, 263}, tokenizer.encode("a a", false));
    }

    @Test
    void theBeginTokenIsPutWhereTheVocabularyAsksForIt() {
        Tokenizer asks = Tokenizer.of(TinyVocabulary.sentencePiece().metadata());
        assertEquals(OptionalInt.of(1), asks.bos());
        assertArrayEquals(new int[] {1, 7}, asks.withBos(new int[] {7}));
        assertArrayEquals(new int[] {1, 7}, asks.withBos(new int[] {1, 7}));
        assertArrayEquals(new int[] {1}, asks.withBos(new int[0]));
        Tokenizer declines = Tokenizer.of(
                TinyVocabulary.sentencePiece().set(Keys.ADD_BOS, false).metadata());
        assertArrayEquals(new int[] {7}, declines.withBos(new int[] {7}));
        assertArrayEquals(new int[] {7}, TestVocabularies.load("gpt-2").withBos(new int[] {7}));
    }

    @Test
    void generationEndsAtTheEndsByIdAndByName() {
        Tokenizer tokenizer = Tokenizer.of(TinyVocabulary.bytePair()
                .token("<|im_end|>", 3, 0)
                .token("<end_of_turn>", 1, 0)
                .token("<stop>", 3, 0)
                .token("<|end|>", 3, 0)
                .set(Keys.EOS, 258L)
                .metadata());
        assertTrue(tokenizer.isEndOfGeneration(256));
        assertTrue(tokenizer.isEndOfGeneration(257));
        assertTrue(tokenizer.isEndOfGeneration(258));
        assertTrue(tokenizer.isEndOfGeneration(259));
        assertFalse(tokenizer.isEndOfGeneration('a'));
        assertEquals(0, tokenizer.bytes(257).length, "an end is a control token, whatever the file marks it as");
    }

    @Test
    void aPartOfAReplyDoesNotEndGenerationWhereTheModelHasAnEndOfItsOwn() {
        Tokenizer tokenizer = Tokenizer.of(TinyVocabulary.bytePair()
                .token("<|return|>", 3, 0)
                .token("<|call|>", 3, 0)
                .token("<|end|>", 3, 0)
                .metadata());
        assertTrue(tokenizer.isEndOfGeneration(256));
        assertTrue(tokenizer.isEndOfGeneration(257));
        assertFalse(tokenizer.isEndOfGeneration(258));
    }

    @Test
    void idsOutsideTheVocabularyAreRefused() {
        Tokenizer tokenizer = TestVocabularies.load("gpt-2");
        assertThrows(IndexOutOfBoundsException.class, () -> tokenizer.bytes(tokenizer.vocabSize()));
        assertThrows(IndexOutOfBoundsException.class, () -> tokenizer.decode(new int[] {-1}));
        assertThrows(IndexOutOfBoundsException.class, () -> tokenizer.text(-1));
        assertEquals(OptionalInt.empty(), tokenizer.idOf("no such token"));
        assertEquals(OptionalInt.of(262), tokenizer.idOf("Ġthe"));
        assertArrayEquals(new int[0], tokenizer.encode("", true));
        assertEquals("a?b", tokenizer.decode(tokenizer.encode("a\ud800b", true)), "a lone surrogate has no UTF-8");
    }
}
