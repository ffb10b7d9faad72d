package dev.sluice.cli;

import static dev.sluice.cli.CommandRun.tinyModel;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A device with less and less memory. */
class StreamingCommandTest {
    @TempDir
    Path folder;

    private CommandRun generate(long memory, String... more) {
        Path machine = folder.resolve("machine.json");
        try {
            Files.writeString(
                    machine,
                    String.format(
                            Locale.ROOT,
                            "{\"devices\": [{\"id\": \"gpu:0\", \"simulate\": {\"device\": \"cpu\", \"memory_bytes\": %d,"
                                    + " \"link\": {\"bytes_per_second\": 1e9}}}]}",
                            memory));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        String[] command = {
            "generate",
            "--model",
            tinyModel("llama3-gqa").toString(),
            "--hardware",
            machine.toString(),
            "--device",
            "gpu:0",
            "--ctx",
            "32",
            "--ignore-eos",
            "--tokens",
            "5,6,7",
            "--max-tokens",
            "9",
            "--temperature",
            "0"
        };
        String[] all = new String[command.length + more.length];
        System.arraycopy(command, 0, all, 0, command.length);
        System.arraycopy(more, 0, all, command.length, more.length);
        return CommandRun.of(all);
    }

    @Test
    void whatDoesNotFitIsStreamedAndTheTextStaysTheSame() {
        var expected = generate(1L << 30, "--json").succeeds().json().get("tokens");
        int streamed = 0;
        int sliced = 0;
        long memory = 600_000;
        CommandRun run = generate(memory, "--json");
        while (run.code() == 0) {
            assertEquals(expected, run.json().get("tokens"), memory + " bytes");
            String path = generate(memory).succeeds().err();
            streamed += path.contains("streamed from host memory through") ? 1 : 0;
            sliced += path.contains("(the head in 2 slices)") ? 1 : 0;
            memory -= 20_000;
            run = generate(memory, "--json");
        }
        assertTrue(streamed >= 2 && sliced >= 1, "streamed " + streamed + " times, the head " + sliced);
        run.fails(1, "does not fit on gpu:0", "With all blocks streamed");
    }

    @Test
    void aDeviceThatSharesTheHostsMemoryUsesWeightsThereInPlace() {
        String[] command = {
            "generate",
            "--model",
            tinyModel("llama3-gqa").toString(),
            "--device",
            "opencl:0",
            "--ctx",
            "32",
            "--ignore-eos",
            "--tokens",
            "5,6,7",
            "--max-tokens",
            "9",
            "--temperature",
            "0",
            "--json"
        };
        var expected = CommandRun.of(command).succeeds().json();
        String[] less = Arrays.copyOf(command, command.length + 2);
        less[command.length] = "--memory";
        less[command.length + 1] = "opencl:0=700K";
        var actual = CommandRun.of(less).succeeds().json();
        assertEquals(expected.get("tokens"), actual.get("tokens"));
        String path = actual.get("path").asText();
        assertTrue(path.contains("used in place in the host's memory"), path);
        less[command.length + 1] = "opencl:0=50K";
        CommandRun.of(less).fails(1, "does not fit on opencl:0", "With all weights used in place");
    }
}
