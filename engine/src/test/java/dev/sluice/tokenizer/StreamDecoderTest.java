package dev.sluice.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StreamDecoderTest {
    private static final String TEXT = "aé你好😀👨‍👩‍👧‍👦 한국어 \ud800\udf48.";

    @Test
    void neverGivesOutHalfACharacterWhereverTheBytesAreCut() {
        byte[] bytes = TEXT.getBytes(StandardCharsets.UTF_8);
        for (int first = 0; first <= bytes.length; first++) {
            for (int second = first; second <= bytes.length; second++) {
                byte[][] tokens = {
                    Arrays.copyOfRange(bytes, 0, first),
                    Arrays.copyOfRange(bytes, first, second),
                    Arrays.copyOfRange(bytes, second, bytes.length)
                };
                assertEquals(TEXT, decode(tokens));
            }
        }
    }

    @Test
    void holdsACharacterBackUntilItsLastByte() {
        byte[] smile = "😀".getBytes(StandardCharsets.UTF_8);
        StreamDecoder decoder = new StreamDecoder(id -> new byte[] {smile[id]});
        assertEquals("", decoder.push(0));
        assertEquals("", decoder.push(1));
        assertEquals("", decoder.push(2));
        assertEquals("😀", decoder.push(3));
        assertEquals("", decoder.finish());
    }

    @Test
    void anIncompleteCharacterAtTheEndBecomesAReplacement() {
        byte[] smile = "😀".getBytes(StandardCharsets.UTF_8);
        StreamDecoder decoder = new StreamDecoder(id -> new byte[] {smile[id]});
        assertEquals("", decoder.push(0));
        assertEquals("\ufffd", decoder.finish());
        assertEquals("", decoder.finish());
    }

    @Test
    void invalidBytesDoNotHoldTheTextBack() {
        byte[][] tokens = {{(byte) 0xFF}, {'a'}, {(byte) 0xE4}, {'b'}, {(byte) 0x80}, {'c'}};
        assertEquals("\ufffda\ufffdb\ufffdc", decode(tokens));
    }

    @Test
    void randomBytesDecodeAsIfTheyCameAtOnce() {
        Random random = new Random(5);
        byte[] some = {'a', (byte) 0x80, (byte) 0xBF, (byte) 0xC3, (byte) 0xE4, (byte) 0xBD, (byte) 0xF0, (byte) 0x9F};
        for (int round = 0; round < 2000; round++) {
            byte[][] tokens = new byte[random.nextInt(12)][];
            byte[] all = new byte[0];
            for (int i = 0; i < tokens.length; i++) {
                tokens[i] = new byte[random.nextInt(4)];
                for (int j = 0; j < tokens[i].length; j++) {
                    tokens[i][j] = some[random.nextInt(some.length)];
                }
                int before = all.length;
                all = Arrays.copyOf(all, before + tokens[i].length);
                System.arraycopy(tokens[i], 0, all, before, tokens[i].length);
            }
            assertEquals(new String(all, StandardCharsets.UTF_8), decode(tokens));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt-2", "phi-3"})
    void streamedTokensOfRealVocabulariesAreWholeCharacters(String name) {
        Tokenizer tokenizer = TestVocabularies.load(name);
        RandomTexts texts = new RandomTexts(3);
        for (int i = 0; i < 300; i++) {
            String text = texts.next();
            StringBuilder joined = new StringBuilder();
            StreamDecoder decoder = tokenizer.stream();
            for (int id : tokenizer.encode(text, false)) {
                String piece = decoder.push(id);
                assertTrue(piece.isEmpty() || !Character.isHighSurrogate(piece.charAt(piece.length() - 1)), piece);
                assertFalse(piece.contains("\ufffd") && !text.contains("\ufffd"), text);
                joined.append(piece);
            }
            joined.append(decoder.finish());
            String prefix = name.equals("phi-3") && !text.isEmpty() ? " " : "";
            assertEquals(prefix + text, joined.toString());
        }
    }

    private static String decode(byte[][] tokens) {
        StreamDecoder decoder = new StreamDecoder(id -> tokens[id]);
        StringBuilder text = new StringBuilder();
        for (int id = 0; id < tokens.length; id++) {
            text.append(decoder.push(id));
        }
        return text.append(decoder.finish()).toString();
    }
}
