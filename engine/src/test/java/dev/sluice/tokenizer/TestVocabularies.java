package dev.sluice.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.formats.ModelFiles;
import dev.sluice.formats.ModelSource;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.GZIPInputStream;

/** The published vocabularies among the test resources, and strings with the ids that the reference gives them. */
final class TestVocabularies {
    static final List<String> NAMES = List.of("gpt-2", "falcon", "smollm2", "phi-3");

    private static final Map<String, Tokenizer> LOADED = new ConcurrentHashMap<>();

    /** A text and its ids. */
    record Case(String text, List<Integer> ids) {}

    private TestVocabularies() {}

    static Tokenizer load(String name) {
        return LOADED.computeIfAbsent(name, TestVocabularies::unpack);
    }

    static List<Case> cases(String name) throws IOException {
        try (InputStream in = resource(name + ".json")) {
            return cases(new ObjectMapper().readTree(in));
        }
    }

    static List<Case> cases(JsonNode file) {
        List<Case> cases = new ArrayList<>();
        for (JsonNode pair : file.get("cases")) {
            List<Integer> ids = new ArrayList<>();
            pair.get(1).forEach(id -> ids.add(id.asInt()));
            cases.add(new Case(pair.get(0).asText(), ids));
        }
        return cases;
    }

    static Tokenizer open(Path file) {
        try (ModelSource model = ModelFiles.open(file)) {
            return Tokenizer.of(model.metadata());
        }
    }

    private static Tokenizer unpack(String name) {
        try (InputStream in = new GZIPInputStream(resource(name + ".gguf.gz"))) {
            Path file = Files.createTempFile("vocabulary", ".gguf");
            try {
                Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
                return open(file);
            } finally {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static InputStream resource(String name) {
        return Objects.requireNonNull(TestVocabularies.class.getResourceAsStream(name), name);
    }
}
