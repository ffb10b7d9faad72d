package dev.sluice.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.TestFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/**
 * Ids against those of llama.cpp. Four vocabularies are among the resources; where the conformance data are at hand
 * ({@code SLUICE_SHARED} names the folder that holds {@code conformance/}, or it is {@code ../shared} beside the
 * repository), all of theirs are checked, those of whole models if {@code SLUICE_MODELS} names the models' folder.
 */
class TokenizerConformanceTest {
    static final List<String> NAMES = TestVocabularies.NAMES;

    @ParameterizedTest
    @FieldSource("NAMES")
    void idsAreThoseOfTheReference(String name) throws IOException {
        check(TestVocabularies.load(name), TestVocabularies.cases(name));
    }

    @TestFactory
    Stream<DynamicTest> idsOfAllConformanceVocabulariesAreThoseOfTheReference() throws IOException {
        Optional<Path> folder = TestFiles.conformance("tokenizers");
        assumeTrue(folder.isPresent(), "no full conformance set: SLUICE_SHARED names its folder");
        List<DynamicTest> tests = new ArrayList<>();
        try (Stream<Path> files = Files.list(folder.orElseThrow())) {
            for (Path cases :
                    files.filter(f -> f.toString().endsWith(".json")).sorted().toList()) {
                String name = cases.getFileName().toString().replace(".json", "");
                tests.add(DynamicTest.dynamicTest(name, () -> {
                    Optional<Path> vocabulary = vocabulary(folder.orElseThrow(), name);
                    assumeTrue(vocabulary.isPresent(), "no " + name + ".gguf: scripts/fetch-model gets it");
                    check(
                            TestVocabularies.open(vocabulary.orElseThrow()),
                            TestVocabularies.cases(new ObjectMapper().readTree(cases.toFile())));
                }));
            }
        }
        assertFalse(tests.isEmpty(), "no cases in " + folder);
        return tests.stream();
    }

    private static void check(Tokenizer tokenizer, List<TestVocabularies.Case> cases) {
        assertFalse(cases.isEmpty());
        for (TestVocabularies.Case c : cases) {
            int[] ids = tokenizer.encode(c.text(), false);
            assertEquals(c.ids(), Arrays.stream(ids).boxed().toList(), c::text);
            assertEquals(c.text(), tokenizer.decode(ids));
        }
    }

    private static Optional<Path> vocabulary(Path folder, String name) {
        Path beside = folder.resolve(name + ".gguf");
        if (Files.exists(beside)) {
            return Optional.of(beside);
        }
        return TestFiles.model(name + ".gguf");
    }
}
