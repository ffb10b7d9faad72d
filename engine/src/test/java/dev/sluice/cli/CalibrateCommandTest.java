package dev.sluice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.LoadOptions;
import dev.sluice.Model;
import dev.sluice.Sluice;
import dev.sluice.backend.DeviceInfo;
import dev.sluice.runtime.Sequence;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class CalibrateCommandTest {
    private static final String FOLDER = "sluice.cache.dir";

    /** Compiled programs stay from run to run, so that tests take less long; what was measured does not. */
    private static final Path CACHE = Path.of("target", "test-calibration");

    @BeforeEach
    void nothingMeasured() throws IOException {
        System.setProperty(FOLDER, CACHE.toString());
        Path tuning = CACHE.resolve("tuning");
        if (Files.isDirectory(tuning)) {
            try (Stream<Path> files = Files.walk(tuning)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    @AfterEach
    void theUsersCache() {
        System.clearProperty(FOLDER);
    }

    static Stream<String> devices() {
        List<String> ids = Sluice.devices().stream()
                .map(DeviceInfo::id)
                .filter(id -> id.startsWith("opencl"))
                .toList();
        if (ids.isEmpty()) {
            abort("no OpenCL device");
        }
        return ids.stream();
    }

    /** In floats: one format has fewer variants to compile than several. */
    private static Path model() {
        return CommandRun.tinyModel("llama3-gqa");
    }

    private static final class Ran {
        final float[] logits;
        final String path;

        Ran(float[] logits, String path) {
            this.logits = logits;
            this.path = path;
        }
    }

    private static Ran run(String device) {
        try (Model model = Sluice.load(model(), LoadOptions.DEFAULT.withDevice(device));
                Sequence sequence = model.newSequence(1)) {
            float[] logits = new float[model.graph().vocabulary()];
            int[] prompt = {1, 5, 9, 2, 7, 3, 8, 4, 6};
            sequence.append(prompt, 0, prompt.length, 1);
            sequence.append(prompt, 2, 1, 1);
            sequence.logits(0, logits);
            return new Ran(logits, model.path());
        }
    }

    @Tag("slow")
    @ParameterizedTest
    @MethodSource("devices")
    void whatIsMeasuredIsShownKeptAndUsed(String device) {
        Ran before = run(device);
        assertFalse(before.path.contains(", tuned,"), before.path);
        String[] command = {"calibrate", "--model", model().toString(), "--device", device, "--json"};
        JsonNode first = CommandRun.of(command).succeeds().json();
        assertEquals(device, first.get("device").asText());
        assertTrue(first.get("shapes").size() >= 12, first::toString);
        for (JsonNode shape : first.get("shapes")) {
            assertTrue(shape.get("measured_now").asBoolean(), shape::toString);
            assertEquals(
                    shape.get("chosen").asText().isEmpty(),
                    shape.get("speed_up").asDouble() <= 1,
                    shape::toString);
        }
        JsonNode second = CommandRun.of(command).succeeds().json();
        assertEquals(first.get("shapes").size(), second.get("shapes").size());
        second.get("shapes")
                .forEach(shape -> assertFalse(shape.get("measured_now").asBoolean(), shape::toString));
        Ran after = run(device);
        assertTrue(after.path.contains(", tuned,"), after.path);
        double error = 0;
        double power = 0;
        for (int i = 0; i < before.logits.length; i++) {
            error += Math.pow((double) before.logits[i] - after.logits[i], 2);
            power += Math.pow(before.logits[i], 2);
        }
        // docs/PRECISION.md: 1e-3 against the definition where activations are rounded, else 1e-6.
        double limit = (before.path + after.path).contains("rounded") ? 4e-3 : 4e-6;
        assertTrue(error <= limit * power, device + ": NMSE " + error / power);
        String table = CommandRun.of("calibrate", "--model", model().toString(), "--device", device)
                .succeeds()
                .out();
        assertTrue(table.contains("measured before"), table);
        assertTrue(table.contains("kept in "), table);
    }

    @Test
    void theCpuHasNothingToCalibrateAndSaysSo() {
        CommandRun run = CommandRun.of("calibrate", "--model", model().toString(), "--device", "cpu");
        assertTrue(run.succeeds().out().contains("nothing to calibrate"), run.out());
    }

    @Test
    void wrongUseIsOneMessage() {
        CommandRun.of("calibrate").fails(2, "--model");
        CommandRun.of("calibrate", "--model", "no-such.gguf").fails(1, "no-such.gguf");
        CommandRun.of("calibrate", "--model", model().toString(), "--precision", "half")
                .fails(2, "--precision");
    }
}
