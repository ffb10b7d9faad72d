package dev.sluice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.Sluice;
import dev.sluice.backend.DeviceInfo;
import dev.sluice.formats.ModelFiles;
import dev.sluice.formats.ModelIdentity;
import dev.sluice.formats.ModelSource;
import dev.sluice.plan.DeviceCatalog;
import dev.sluice.plan.Hardware;
import dev.sluice.plan.HardwareFiles;
import dev.sluice.plan.ProfileStore;
import dev.sluice.plan.Trial;
import dev.sluice.runtime.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Devices that are predicted to be about as fast as each other are tried, and what that says is what is done. */
class DeviceTrialTest {
    @TempDir
    private Path folder;

    private String before = "";
    private Path machine = Path.of("");
    private final Path model = CommandRun.tinyModel("llama3-gqa");
    private List<DeviceInfo> devices = List.of();

    @BeforeEach
    void useAnEmptyCache() {
        before = System.getProperty("sluice.cache.dir", "");
        System.setProperty("sluice.cache.dir", folder.resolve("cache").toString());
    }

    @AfterEach
    void useTheOneBefore() {
        if (before.isEmpty()) {
            System.clearProperty("sluice.cache.dir");
        } else {
            System.setProperty("sluice.cache.dir", before);
        }
    }

    /** Profiles of two simulated devices as measuring would leave them, of products at so many bytes a second. */
    private void measured(double one, double other) throws IOException {
        String simulate = ", \"simulate\": {\"device\": \"cpu\", \"memory_bytes\": 1e9}";
        Hardware hardware = machine(List.of("gpu:0", "gpu:1"), simulate, one, other);
        DeviceCatalog catalog = DeviceCatalog.discover("", HardwareFiles.simulations(machine.toString()));
        keep(hardware, Stream.of("gpu:0", "gpu:1").map(catalog::select).toList());
    }

    private static String device(String id, String name, double rate, String more) {
        return """
            {"id": "%s", "name": "%s", "kind": "gpu", "memory_bytes": 1e9, "largest_allocation_bytes": 1e9,
             "host_memory": false, "kv_bytes_per_second": 1e10, "attention_flops": 1e11, "launch_seconds": 1e-6,
             "hop_seconds": 1e-6, "rates": {"*": {"products": [{"tokens": 1, "bytes_per_second": %s}], "flops": 1e11}}%s}
            """.formatted(id, name, rate, more);
    }

    private Hardware machine(List<String> ids, String more, double... rates) throws IOException {
        List<String> described = new ArrayList<>();
        for (int i = 0; i < rates.length; i++) {
            described.add(device(ids.get(i), "device " + i, rates[i], more));
        }
        machine = Files.writeString(
                folder.resolve("machine.json"),
                "{\"name\": \"a test\", \"source\": \"made up\", \"host\": {\"memory_bytes\": 4e9,"
                        + " \"read_bytes_per_second\": 2e10, \"disk_bytes_per_second\": 0}, \"devices\": ["
                        + String.join(", ", described) + "]}");
        return HardwareFiles.read(machine.toString());
    }

    private void keep(Hardware hardware, List<DeviceInfo> infos) {
        ProfileStore store = ProfileStore.ofUser();
        store.keepHost(hardware.host());
        for (int i = 0; i < infos.size(); i++) {
            store.keep(infos.get(i), hardware.devices().get(i));
        }
        devices = infos;
    }

    private String identity() {
        try (ModelSource source = ModelFiles.open(model)) {
            return ModelIdentity.of(source);
        }
    }

    private JsonNode generate() {
        return CommandRun.of(
                        "generate",
                        "--model",
                        model.toString(),
                        "--hardware",
                        machine.toString(),
                        "--device",
                        "gpu:0,gpu:1",
                        "--ctx",
                        "32",
                        "--tokens",
                        "5,6,7",
                        "--max-tokens",
                        "3",
                        "--temperature",
                        "0",
                        "--ignore-eos",
                        "--json")
                .succeeds()
                .json();
    }

    @Test
    void theModelIsLoadedOntoTheFastestOfThoseTried() throws IOException {
        measured(1.1e10, 1e10);
        JsonNode predicted = generate();
        assertEquals("gpu:0", predicted.get("device").asText());
        assertFalse(predicted.get("path").asText().contains("tried"), predicted.toString());
        ProfileStore.ofUser().keepTrial(identity(), devices, new Trial(1, 12, Map.of("gpu:0", 10.0, "gpu:1", 15.0)));
        JsonNode tried = generate();
        assertEquals("gpu:1", tried.get("device").asText());
        assertEquals(predicted.get("tokens"), tried.get("tokens"));
        String path = tried.get("path").asText();
        assertTrue(path.contains("tried with this model: gpu:1 15.0, gpu:0 10.0 tokens/s"), path);
    }

    @Test
    void rivalsAreTriedAndOthersAreNot() throws IOException {
        List<String> heard = new ArrayList<>();
        Progress progress = (what, done, total) -> heard.add(what);
        measured(1e10, 1e9);
        DeviceTrial.run(model, machine.toString(), devices, 1, ProfileStore.ofUser(), progress);
        assertEquals(List.of(), heard, "one is far behind");
        assertEquals(Trial.NONE, ProfileStore.ofUser().trial(identity(), 1, devices));
        measured(1e10, 9e9);
        DeviceTrial.run(model, machine.toString(), devices, 1, ProfileStore.ofUser(), progress);
        assertTrue(heard.containsAll(List.of("trying gpu:0", "trying gpu:1")), heard.toString());
        Trial trial = ProfileStore.ofUser().trial(identity(), 1, devices);
        assertEquals(2, trial.tokensPerSecond().size());
        assertTrue(trial.tokensPerSecond().values().stream().allMatch(rate -> rate > 0), trial.text());
    }

    @Test
    void thePlanSaysWhatIsLoadedInstead() throws IOException {
        List<DeviceInfo> here = Sluice.devices();
        if (here.size() < 2) {
            abort("one device alone");
        }
        List<String> ids = here.subList(0, 2).stream().map(DeviceInfo::id).toList();
        keep(machine(ids, "", 1.1e10, 1e10), here.subList(0, 2));
        String[] plan = {"plan", "--model", model.toString(), "--device", String.join(",", ids), "--ctx", "32"};
        String without = CommandRun.of(plan).succeeds().out();
        assertFalse(without.contains("Loaded onto"), without);
        Map<String, Double> rates = Map.of(ids.get(0), 10.0, ids.get(1), 15.0);
        ProfileStore.ofUser().keepTrial(identity(), devices, new Trial(1, 12, rates));
        String with = CommandRun.of(plan).succeeds().out();
        assertTrue(with.contains("Loaded onto these devices it is computed by " + ids.get(1) + " alone"), with);
        assertTrue(with.contains("tried with this model: " + ids.get(1) + " 15.0"), with);
    }
}
