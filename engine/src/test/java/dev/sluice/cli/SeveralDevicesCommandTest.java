package dev.sluice.cli;

import static dev.sluice.cli.CommandRun.tinyModel;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.sluice.Sluice;
import dev.sluice.backend.DeviceInfo;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class SeveralDevicesCommandTest {
    private static CommandRun generate(String device, String... options) {
        return CommandRun.of(Stream.concat(
                        Stream.of(
                                "generate",
                                "--model",
                                tinyModel("llama3-gqa").toString(),
                                "--ignore-eos",
                                "--tokens",
                                "5,6,7",
                                "--max-tokens",
                                "9",
                                "--temperature",
                                "0",
                                "--device",
                                device),
                        Arrays.stream(options))
                .toArray(String[]::new));
    }

    private static List<String> all() {
        List<String> ids = Sluice.devices().stream().map(DeviceInfo::id).toList();
        if (ids.size() < 2) {
            abort("one device alone");
        }
        return ids.reversed();
    }

    @Test
    void theTextIsThatOfOneDevice() {
        List<String> wanted = all();
        CommandRun alone = generate("cpu", "--precision", "exact", "--json");
        CommandRun shared = generate(String.join(",", wanted), "--precision", "exact", "--json");
        assertEquals(
                alone.succeeds().json().get("tokens"), shared.succeeds().json().get("tokens"));
        // Which of them take layers, and which none, is a matter of what each was measured at; their order is not.
        List<String> used = Arrays.asList(shared.json().get("device").asText().split(",", -1));
        assertEquals(wanted.stream().filter(used::contains).toList(), used, shared.out());
    }

    @Test
    void eachDeviceKeepsToItsMemory() {
        List<String> ids = all();
        String both = ids.get(0) + "," + ids.get(1);
        // Whatever is faster, the first has room for nothing.
        CommandRun run = generate(both, "--memory", ids.get(0) + "=1K").succeeds();
        assertTrue(run.err().contains(ids.get(1) + ": "), run.err());
        assertTrue(run.err().contains(ids.get(0) + " takes no layer"), run.err());
        generate(both, "--memory", "10K").fails(1, "does not fit", ids.get(0), ids.get(1), "--memory");
    }

    @Test
    void aDeviceIsNamedOnceAndIsThere() {
        generate("cpu,cpu").fails(1, "cpu,cpu", "twice");
        generate("cpu,opencl:99").fails(1, "opencl:99");
    }
}
