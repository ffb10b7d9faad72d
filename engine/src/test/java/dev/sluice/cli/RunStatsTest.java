package dev.sluice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.LoadOptions;
import dev.sluice.Model;
import dev.sluice.Session;
import dev.sluice.Sluice;
import dev.sluice.backend.DeviceInfo;
import dev.sluice.plan.DeviceProfile;
import dev.sluice.plan.FormatRate;
import dev.sluice.plan.HostProfile;
import dev.sluice.plan.ProfileStore;
import dev.sluice.runtime.GenerateOptions;
import dev.sluice.runtime.Generation;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunStatsTest {
    private static final int TOKENS = 6;

    @TempDir
    Path folder;

    private RunStats stats(Model model) {
        try (Session session = model.newSession()) {
            Generation run = session.generate(
                    new int[] {5, 6, 7},
                    GenerateOptions.DEFAULT.withMaxTokens(TOKENS).withIgnoreEnd(true),
                    piece -> {});
            return RunStats.of(model, run, new ProfileStore(folder, "test"));
        }
    }

    private static Model load() {
        return Sluice.load(CommandRun.tinyModel("llama3-gqa"), LoadOptions.DEFAULT.withDevice("cpu"));
    }

    private static String text(RunStats stats) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        stats.print(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @Test
    void withoutAProfileItSaysHowToGetOne() {
        try (Model model = load()) {
            RunStats stats = stats(model);
            String text = text(stats);
            assertTrue(text.contains("sluice plan --measure") && text.contains("sluice calibrate"), text);
            ObjectNode json = new ObjectMapper().createObjectNode();
            stats.addTo(json);
            assertFalse(json.at("/stats/devices/0/decode").has("error_percent"), json.toString());
            assertTrue(
                    json.at("/stats/devices/0/decode/measured_tokens_per_second")
                                    .asDouble()
                            > 0,
                    json.toString());
        }
    }

    @Test
    void aProfilesPredictionStandsBesideWhatWasMeasured() {
        ProfileStore store = new ProfileStore(folder, "test");
        try (Model model = load()) {
            DeviceInfo cpu = model.device();
            double perStep = 0.01;
            // A step takes nothing but its beginning and end.
            DeviceProfile profile = new DeviceProfile(
                    cpu.id(),
                    cpu.name(),
                    cpu.kind(),
                    1L << 30,
                    1L << 30,
                    false,
                    Map.of(DeviceProfile.ANY, FormatRate.of(1e18, 1e18)),
                    1e18,
                    1e18,
                    null,
                    0,
                    perStep);
            store.keep(cpu, profile);
            store.keepHost(new HostProfile(1L << 30, 1e18, 0));
            RunStats stats = stats(model);
            ObjectNode json = new ObjectMapper().createObjectNode();
            stats.addTo(json);
            assertEquals(
                    1 / perStep,
                    json.at("/stats/devices/0/decode/predicted_tokens_per_second")
                            .asDouble(),
                    0.01);
            assertEquals(
                    3 / perStep,
                    json.at("/stats/devices/0/prefill/predicted_tokens_per_second")
                            .asDouble(),
                    0.01);
            double measured = json.at("/stats/devices/0/decode/measured_tokens_per_second")
                    .asDouble();
            assertEquals(
                    100 * (1 / perStep / measured - 1),
                    json.at("/stats/devices/0/decode/error_percent").asDouble(),
                    0.01);
            assertEquals(
                    model.graph().layers().size(),
                    json.at("/stats/devices/0/layers").asInt());
            assertTrue(text(stats).contains("100.0"), () -> text(stats));
        }
    }
}
