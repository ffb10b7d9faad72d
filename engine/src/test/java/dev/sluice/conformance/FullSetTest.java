package dev.sluice.conformance;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.LoadOptions;
import dev.sluice.Model;
import dev.sluice.Sluice;
import dev.sluice.TestFiles;
import dev.sluice.backend.Precision;
import dev.sluice.error.SluiceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/**
 * Every small model of the full conformance set, where that is at hand: what Sluice computes agrees, and what it does not
 * know yet is refused by name rather than computed wrongly.
 */
@Tag("conformance")
class FullSetTest {
    private static final Set<String> COMPUTED = Set.of(
            "gemma3",
            "llama2-mha",
            "llama3-gqa",
            "llama-rope-linear",
            "llama-yarn",
            "mistral-nemo-headdim",
            "bf16",
            "f16",
            "q4_0",
            "q4_1",
            "q4_k_m",
            "q4_k_s",
            "q5_0",
            "q5_1",
            "q5_k_s",
            "q6_k",
            "q8_0");

    @TestFactory
    Stream<DynamicTest> everyModelAgreesOrIsRefused() throws IOException {
        List<Path> models = new ArrayList<>();
        for (String folder : new String[] {"models", "quants"}) {
            Path root = TestFiles.conformance(folder)
                    .orElseGet(() -> Assumptions.abort("no full conformance set: SLUICE_SHARED names its folder"));
            try (Stream<Path> files = Files.list(root)) {
                files.filter(f -> f.toString().endsWith(".gguf")).sorted().forEach(models::add);
            }
        }
        assertFalse(models.isEmpty());
        return TestDevices.all().stream()
                .flatMap(device -> models.stream()
                        .map(model -> DynamicTest.dynamicTest(
                                model.getFileName() + " on " + device, () -> check(device, model))));
    }

    private static void check(String device, Path path) throws IOException {
        LoadOptions options = LoadOptions.DEFAULT.withDevice(device).withPrecision(Precision.EXACT);
        String name = path.getFileName().toString().replace(".gguf", "");
        if (!COMPUTED.contains(name)) {
            String message = assertThrows(
                            SluiceException.class,
                            () -> Sluice.load(path, options).close())
                    .getMessage();
            assertTrue(message.contains("not") || message.contains("cannot"), message);
            return;
        }
        Reference reference = Reference.of(path);
        try (Model model = Sluice.load(path, options)) {
            double nmse = reference.nmse(Reference.logits(model, reference.tokens(), reference.tokens().length));
            assertTrue(nmse <= ConformanceTest.limit(device), name + " on " + device + ": NMSE " + nmse);
        }
    }
}
