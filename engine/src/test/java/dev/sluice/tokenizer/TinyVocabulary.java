package dev.sluice.tokenizer;

import dev.sluice.formats.ArrayValue;
import dev.sluice.formats.Metadata;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Builds the metadata of a small vocabulary, whole or damaged. */
final class TinyVocabulary {
    private static final long NORMAL = 1;
    private static final long UNKNOWN = 2;
    private static final long BYTE = 6;

    private final Map<String, Object> values = new LinkedHashMap<>();
    private final List<String> texts = new ArrayList<>();
    private final List<Long> types = new ArrayList<>();
    private final List<Float> scores = new ArrayList<>();

    private record Decoded(int length, String elementName, Object decode) implements ArrayValue {}

    /** Byte-level BPE over all bytes, without merges. */
    static TinyVocabulary bytePair() {
        TinyVocabulary tiny = new TinyVocabulary();
        tiny.values.put(Keys.MODEL, "gpt2");
        tiny.values.put(Keys.PRE, "gpt-2");
        for (int b = 0; b < 256; b++) {
            tiny.token(String.valueOf(ByteAlphabet.spell((byte) b)), NORMAL, 0);
        }
        return tiny.merges();
    }

    /** SentencePiece with three control tokens and all bytes. */
    static TinyVocabulary sentencePiece() {
        TinyVocabulary tiny = new TinyVocabulary();
        tiny.values.put(Keys.MODEL, "llama");
        tiny.token("<unk>", UNKNOWN, 0).token("<s>", 3, 0).token("</s>", 3, 0);
        for (int b = 0; b < 256; b++) {
            tiny.token("<0x%02X>".formatted(b), BYTE, 0);
        }
        return tiny;
    }

    TinyVocabulary token(String text, long type, float score) {
        texts.add(text);
        types.add(type);
        scores.add(score);
        return this;
    }

    TinyVocabulary merges(String... merges) {
        return set(Keys.MERGES, merges);
    }

    /** Sets a value, or an array of strings, longs or floats. */
    TinyVocabulary set(String key, Object value) {
        values.put(key, boxed(value));
        return this;
    }

    TinyVocabulary without(String key) {
        values.put(key, "");
        return this;
    }

    int size() {
        return texts.size();
    }

    Metadata metadata() {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put(Keys.TOKENS, boxed(texts.toArray(String[]::new)));
        all.put(Keys.TYPES, boxed(types.stream().mapToLong(Long::longValue).toArray()));
        float[] numbers = new float[scores.size()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = scores.get(i);
        }
        all.put(Keys.SCORES, boxed(numbers));
        all.putAll(values);
        all.values().removeIf(""::equals);
        return new Metadata("tiny.gguf", all);
    }

    private static Object boxed(Object value) {
        return switch (value) {
            case String[] strings -> new Decoded(strings.length, "strings", strings);
            case long[] longs -> new Decoded(longs.length, "32-bit integers", longs);
            case float[] floats -> new Decoded(floats.length, "32-bit floats", floats);
            default -> value;
        };
    }
}
