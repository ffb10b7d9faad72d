package dev.sluice.tokenizer;

import dev.sluice.error.SluiceException;
import dev.sluice.formats.Metadata;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** The tokens of a model: their texts, what kind each is, and the bytes that they match and give out. */
final class Vocabulary {
    static final char ESCAPED_SPACE = '▁';

    private static final byte[] NOTHING = {};
    private static final int BYTE_TOKEN_LENGTH = "<0x00>".length();

    private final String[] texts;
    private final TokenType[] types;
    private final BitSet ends;
    private final byte[][] output;
    private final ByteIndex index;
    private final boolean byteLevel;
    /** Tokens of a byte-level vocabulary whose text is not in the byte alphabet, such as {@code <｜User｜>}. */
    private final Map<String, Integer> unspellable = new HashMap<>();

    private Vocabulary(String[] texts, TokenType[] types, BitSet ends, boolean byteLevel) {
        this.texts = texts;
        this.types = types;
        this.ends = ends;
        this.byteLevel = byteLevel;
        output = new byte[texts.length][];
        byte[] @Nullable [] matched = new byte[texts.length][];
        for (int id = 0; id < texts.length; id++) {
            String text = texts[id];
            byte[] spelled = byteLevel ? ByteAlphabet.bytes(text) : utf8(text);
            if (spelled == null) {
                unspellable.putIfAbsent(text, id);
            }
            matched[id] = spelled;
            output[id] = output(id, spelled);
        }
        index = new ByteIndex(matched);
    }

    /**
     * Reads a vocabulary.
     *
     * @param byteLevel whether a token's text spells bytes in GPT-2's alphabet, or else is text with {@code ▁} for a
     *     space
     */
    static Vocabulary of(Metadata metadata, boolean byteLevel) {
        String[] texts = metadata.strings(Keys.TOKENS);
        if (texts.length == 0) {
            throw new SluiceException("The vocabulary is damaged: '" + Keys.TOKENS + "' has no entries");
        }
        TokenType[] types = new TokenType[texts.length];
        Arrays.fill(types, TokenType.NORMAL);
        if (metadata.has(Keys.TYPES)) {
            int[] numbers = metadata.integers(Keys.TYPES);
            Keys.checkLength(Keys.TYPES, numbers.length, texts.length);
            for (int id = 0; id < types.length; id++) {
                types[id] = TokenType.of(numbers[id]);
            }
        }
        for (int id = 0; id < texts.length; id++) {
            if (texts[id].isEmpty()) {
                // An empty text would match everywhere.
                texts[id] = "[EMPTY_" + id + "]";
            }
        }
        SpecialTokens.correctTypes(metadata, texts, types);
        return new Vocabulary(texts, types, SpecialTokens.endsOfGeneration(metadata, texts), byteLevel);
    }

    int size() {
        return texts.length;
    }

    String text(int id) {
        return texts[id];
    }

    TokenType type(int id) {
        return types[id];
    }

    /** Whether generation ends with this token. */
    boolean isEnd(int id) {
        return ends.get(id);
    }

    /** The bytes that a token stands for in a text; the array is shared and must not be changed. */
    byte[] output(int id) {
        return output[id];
    }

    /** The token whose bytes (of SentencePiece: whose text with escaped spaces) are {@code text[from, to)}, or -1. */
    int match(byte[] text, int from, int to) {
        return to - from > index.longest() ? ByteIndex.ABSENT : index.find(text, from, to);
    }

    OptionalInt idOf(String text) {
        byte[] spelled = byteLevel ? ByteAlphabet.bytes(text) : utf8(text);
        if (spelled == null) {
            Integer id = unspellable.get(text);
            return id == null ? OptionalInt.empty() : OptionalInt.of(id);
        }
        int id = match(spelled, 0, spelled.length);
        return id < 0 ? OptionalInt.empty() : OptionalInt.of(id);
    }

    private byte[] output(int id, byte @Nullable [] spelled) {
        String text = texts[id];
        return switch (types[id]) {
            case NORMAL -> {
                if (spelled == null) {
                    yield utf8(text);
                }
                yield byteLevel || text.indexOf(ESCAPED_SPACE) < 0 ? spelled : utf8(text.replace(ESCAPED_SPACE, ' '));
            }
            case USER_DEFINED -> utf8(text);
            case BYTE -> new byte[] {byteOf(id, text)};
            case UNDEFINED, UNKNOWN, CONTROL, UNUSED -> NOTHING;
        };
    }

    private static byte byteOf(int id, String text) {
        if (text.length() == BYTE_TOKEN_LENGTH && text.startsWith("<0x") && text.endsWith(">")) {
            int high = Character.digit(text.charAt(3), 16);
            int low = Character.digit(text.charAt(4), 16);
            if (high >= 0 && low >= 0) {
                return (byte) ((high << 4) | low);
            }
        }
        throw new SluiceException("The vocabulary is damaged: token " + id + " ('" + text
                + "') is marked as a byte, but is not written like <0x0A>; get the model file again or from another"
                + " source");
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
