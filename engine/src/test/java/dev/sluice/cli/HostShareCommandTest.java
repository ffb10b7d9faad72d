package dev.sluice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.plan.DeviceCatalog;
import dev.sluice.plan.DeviceProfile;
import dev.sluice.plan.Hardware;
import dev.sluice.plan.HardwareFiles;
import dev.sluice.plan.ProfileStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A device with little memory behind a slow link, and a CPU that helps it: what the plan says is what is done. */
class HostShareCommandTest {
    private static final String DEVICE = """
            {"id": "%s", "name": "%s", "kind": "%s", "memory_bytes": %d, "largest_allocation_bytes": 1000000000,
             "host_memory": %s, "kv_bytes_per_second": 1e10, "attention_flops": 1e11, "launch_seconds": 1e-6,
             "hop_seconds": 1e-6, "rates": {"*": {"products": [{"tokens": 1, "bytes_per_second": 1e10}], "flops": 1e11}}%s}
            """;

    private static final String[] BLOCKS = {"--place", "block|head=gpu:0"};
    private static final int COUNT = 24;

    @TempDir
    private Path folder;

    private String before = "";
    private Path model = Path.of("");
    private Path machine = Path.of("");

    @BeforeEach
    void makeModelAndMachine() throws IOException {
        before = System.getProperty("sluice.cache.dir", "");
        System.setProperty("sluice.cache.dir", folder.resolve("cache").toString());
        model = folder.resolve("model.gguf");
        PracticeModel.write(model, COUNT, PracticeModel.ALL_FORMATS);
        write(1_000_000_000);
        JsonNode all = run("plan", "gpu:0").succeeds().json().at("/memory/0");
        assertEquals("gpu:0", all.get("device").asText());
        // Too small by a tenth of the weights even without the scratch memory that is planned for: a simulated device
        // takes none.
        write(all.get("total").asLong()
                - all.get("workspace").asLong()
                - all.get("weights").asLong() / 10);
    }

    @AfterEach
    void forgetProfiles() {
        if (before.isEmpty()) {
            System.clearProperty("sluice.cache.dir");
        } else {
            System.setProperty("sluice.cache.dir", before);
        }
    }

    /** The machine, and profiles of its devices as measuring would leave them: those of the file. */
    private void write(long memory) throws IOException {
        machine = Files.writeString(
                folder.resolve("machine.json"),
                "{\"name\": \"a test\", \"source\": \"made up\", \"host\": {\"memory_bytes\": 4000000000,"
                        + " \"read_bytes_per_second\": 2e10, \"disk_bytes_per_second\": 0}, \"devices\": ["
                        + DEVICE.formatted("gpu:0", "small", "gpu", memory, "false", simulated(memory)) + ", "
                        + DEVICE.formatted("cpu", "host", "cpu", 4_000_000_000L, "true", "") + "]}");
        Hardware hardware = HardwareFiles.read(machine.toString());
        DeviceCatalog catalog = DeviceCatalog.discover("", HardwareFiles.simulations(machine.toString()));
        ProfileStore store = ProfileStore.ofUser();
        store.keepHost(hardware.host());
        for (DeviceProfile profile : hardware.devices()) {
            store.keep(catalog.select(profile.id()), profile);
        }
    }

    private static String simulated(long memory) {
        return String.format(Locale.ROOT, """
                , "link": {"pinned_bytes_per_second": 1e8, "pinned_computing_bytes_per_second": 1e8,
                  "pageable_bytes_per_second": 1e8, "mapped_bytes_per_second": 1e8, "to_host_bytes_per_second": 1e8},
                 "simulate": {"device": "cpu", "memory_bytes": %d, "link": {"bytes_per_second": 1e8}}""", memory);
    }

    private CommandRun run(String command, String device, String... more) {
        List<String> all = new ArrayList<>(List.of(
                command,
                "--model",
                model.toString(),
                "--hardware",
                machine.toString(),
                "--device",
                device,
                "--ctx",
                "32",
                "--json"));
        if (command.equals("generate")) {
            all.addAll(List.of("--tokens", "5,6,7", "--max-tokens", "5", "--temperature", "0", "--ignore-eos"));
            all.addAll(List.of("--precision", "exact", "--kv", "f16"));
        }
        all.addAll(Arrays.asList(more));
        return CommandRun.of(all.toArray(String[]::new));
    }

    private static String[] and(String[] options, String... more) {
        return Stream.concat(Arrays.stream(options), Arrays.stream(more)).toArray(String[]::new);
    }

    private static int halved(JsonNode plan) {
        int count = 0;
        for (JsonNode layer : plan.get("layers")) {
            count += layer.has("feed_forward") ? 1 : 0;
        }
        return count;
    }

    private static Matcher path(CommandRun run) {
        String path = run.json().get("path").asText();
        return Pattern.compile("feed-forward of (\\d+) of (\\d+) streamed layers on cpu for up to 1 row")
                .matcher(path);
    }

    @Test
    void whatThePlanShowsIsDoneAndTheTextIsThatOfTheCpu() {
        JsonNode expected = run("generate", "cpu").succeeds().json().get("tokens");
        int planned = halved(run("plan", "gpu:0,cpu", BLOCKS).succeeds().json());
        assertTrue(planned > 1, "the link is slow");
        CommandRun shared = run("generate", "gpu:0,cpu", BLOCKS).succeeds();
        Matcher path = path(shared);
        assertTrue(path.find(), shared.out());
        // As the device takes no scratch memory, fewer layers may be streamed than were planned.
        assertEquals(Math.min(planned, Integer.parseInt(path.group(2))), Integer.parseInt(path.group(1)), shared.out());
        assertEquals(expected, shared.json().get("tokens"));
        CommandRun two = run("generate", "gpu:0,cpu", and(BLOCKS, "--host-share", "2", "--stats"));
        path = path(two.succeeds());
        assertTrue(path.find(), two.out());
        assertEquals("2", path.group(1));
        assertEquals(expected, two.json().get("tokens"));
        assertTrue(two.json()
                        .at("/stats/devices/0/decode/predicted_tokens_per_second")
                        .asDouble()
                > 0);
        CommandRun off = run("generate", "gpu:0,cpu", and(BLOCKS, "--host-share", "off"));
        assertFalse(path(off.succeeds()).find(), off.out());
        assertTrue(off.json().get("path").asText().contains("streamed from host memory"), off.out());
        assertEquals(expected, off.json().get("tokens"));
    }

    @Test
    void theCpuHelpsADeviceThatNobodyNamed() {
        CommandRun alone = run("generate", "cpu").succeeds();
        CommandRun auto = run("generate", "auto").succeeds();
        assertEquals(alone.json().get("tokens"), auto.json().get("tokens"));
        assertTrue(auto.json().get("path").asText().contains("by a plan"), auto.out());
    }

    @Test
    void whatCannotBeSharedIsAnError() {
        run("generate", "gpu:0,cpu", "--host-share", "40").fails(1, "--host-share 40", "layers");
        run("generate", "gpu:0", "--host-share", "1").fails(1, "--host-share 1", "--device gpu,cpu");
        run("generate", "gpu:0,cpu", "--host-share", "some").fails(2, "--host-share some", "auto, off");
        run("plan", "gpu:0", "--host-share", "1").fails(1, "--host-share 1");
    }
}
