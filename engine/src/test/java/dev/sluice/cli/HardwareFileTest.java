package dev.sluice.cli;

import static dev.sluice.cli.CommandRun.tinyModel;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Simulated devices through the command line. */
class HardwareFileTest {
    private static final String PLAIN = """
            {"devices": [
              {"id": "fast", "simulate": {"device": "cpu", "memory_bytes": 1e9}},
              {"id": "slow", "simulate": {"device": "cpu", "memory_bytes": 1e9, "speed_factor": 2,
                "link": {"bytes_per_second": 2e9, "latency_seconds": 1e-5}%s}}]}
            """;

    @TempDir
    private Path folder;

    private CommandRun generate(String json, String device) {
        try {
            Path file = Files.writeString(folder.resolve("machine.json"), json);
            return generate(file.toString(), device, "--hardware");
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static CommandRun generate(String hardware, String device, String option) {
        return CommandRun.of(
                "generate",
                "--model",
                tinyModel("llama3-gqa").toString(),
                option,
                hardware,
                "--device",
                device,
                "--tokens",
                "5,6,7",
                "--max-tokens",
                "9",
                "--temperature",
                "0",
                "--ignore-eos",
                "--precision",
                "exact",
                "--json");
    }

    @Test
    void simulatedDevicesComputeWhatTheRealOnesDo() {
        CommandRun real = generate("2", "cpu", "--threads").succeeds();
        CommandRun both = generate(PLAIN.formatted(""), "fast,slow").succeeds();
        assertEquals(real.json().get("tokens"), both.json().get("tokens"));
        assertTrue(both.json().get("device").asText().contains("fast"), both.out());
    }

    @Test
    void aDeviceThatFailsIsDroppedWithOneMessageAndTheTextGoesOn() {
        CommandRun real = generate("2", "cpu", "--threads").succeeds();
        CommandRun run = generate(PLAIN.formatted(", \"faults\": [{\"where\": \"lost\", \"after\": 3}]"), "fast,slow")
                .succeeds();
        assertEquals(real.json().get("tokens"), run.json().get("tokens"));
        assertEquals("fast", run.json().get("device").asText());
    }

    @Test
    void whenNothingIsLeftThereIsOneMessage() {
        generate(PLAIN.formatted(", \"faults\": [{\"where\": \"kernel\", \"after\": 30}]"), "slow")
                .fails(1, "slow", "failed at a kernel");
    }

    @Test
    void aMachineToPlanForCannotRun() {
        generate("two-gpus", "cpu", "--hardware").fails(1, "two-gpus", "simulate", "sluice plan");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "{\"devices\": [{\"id\": \"a\", \"simulate\": {\"device\": \"cpu\", \"memory_bytes\": 1e9, \"x\": 1}}]} | devices[0].simulate.x is no known field",
                "{\"devices\": [{\"id\": \"a\", \"simulate\": {\"device\": \"cpu\"}}]} | devices[0].simulate.memory_bytes is missing",
                "{\"devices\": [{\"id\": \"a\", \"simulate\": {\"device\": \"cpu\", \"memory_bytes\": 1, \"speed_factor\": 0.5}}]} | devices[0].simulate.speed_factor must be 1 or more",
                "{\"devices\": [{\"id\": \"a\", \"simulate\": {\"device\": \"cpu\", \"memory_bytes\": 1, \"link\": {\"bytes_per_second\": 0}}}]} | in devices[0].simulate.link: bytes_per_second must be more than 0",
                "{\"devices\": [{\"id\": \"a\", \"simulate\": {\"device\": \"cpu\", \"memory_bytes\": 1, \"faults\": [{\"where\": \"x\"}]}}]} | devices[0].simulate.faults[0].where must be",
                "{\"devices\": [{\"id\": \"A\", \"simulate\": {\"device\": \"cpu\", \"memory_bytes\": 1}}]} | devices[0].id must be",
                "{\"devices\": [{\"id\": \"a\", \"simulate\": {\"device\": \"gpu:7\", \"memory_bytes\": 1}}]} | gpu:7",
                "{\"devices\": []} | simulate",
                "{ | is no JSON"
            })
    void whatIsWrongIsNamedByItsPlace(String json, String message) {
        generate(json, "a").fails(1, message);
    }
}
