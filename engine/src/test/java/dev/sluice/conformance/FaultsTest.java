package dev.sluice.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.LoadOptions;
import dev.sluice.Model;
import dev.sluice.Session;
import dev.sluice.Sluice;
import dev.sluice.backend.KvType;
import dev.sluice.backend.Precision;
import dev.sluice.error.SluiceException;
import dev.sluice.opencl.LiveObjects;
import dev.sluice.runtime.Batch;
import dev.sluice.runtime.GenerateOptions;
import dev.sluice.runtime.Sampling;
import dev.sluice.runtime.Sequence;
import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Devices that fail: the text goes on unchanged on those that are left. */
class FaultsTest {
    private static final int[] PROMPT = {5, 6, 7, 9, 11};
    private static final int TOKENS = 12;
    private static final int DEVICES = 3;
    /** Layers that a device computes when a model is loaded: the test of a format's two steps, and a block that is timed. */
    private static final int LOADING = 14;

    private static final String PATIENCE = "sluice.patience.seconds";

    @TempDir
    private Path folder;

    @BeforeAll
    static void beImpatient() {
        System.setProperty(PATIENCE, "2");
    }

    @AfterAll
    static void bePatient() {
        System.clearProperty(PATIENCE);
    }

    private static Path tiny() {
        URL url = Objects.requireNonNull(FaultsTest.class.getResource("/conformance/models/llama3-gqa.gguf"));
        try {
            return Path.of(url.toURI());
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    /** Three devices, of which some have a fault each. */
    private LoadOptions machine(String real, String... faults) {
        List<String> devices = new ArrayList<>();
        for (int i = 0; i < DEVICES; i++) {
            String fault = i < faults.length ? faults[i] : "";
            devices.add("""
                    {"id": "sim:%d", "simulate": {"device": "%s", "memory_bytes": 1e9,
                      "link": {"bytes_per_second": 1e10}, "faults": [%s]}}""".formatted(i, real, fault));
        }
        try {
            Path file = Files.writeString(
                    folder.resolve("machine.json"), "{\"devices\": [" + String.join(",\n", devices) + "]}");
            return LoadOptions.DEFAULT
                    .withHardware(file.toString())
                    .withDevice("sim:0,sim:1,sim:2")
                    .withContextLength(64)
                    .withBatchTokens(8)
                    .withKvType(KvType.F32)
                    .withPrecision(Precision.EXACT);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static String fault(String where, int after) {
        return "{\"where\": \"%s\", \"after\": %d}".formatted(where, after);
    }

    /** A fault of one of the devices. */
    private static String[] only(int device, String fault) {
        String[] faults = {"", "", ""};
        faults[device] = fault;
        return faults;
    }

    private static List<Integer> text(Model model, Sampling sampling) {
        GenerateOptions options = GenerateOptions.DEFAULT
                .withSampling(sampling)
                .withMaxTokens(TOKENS)
                .withIgnoreEnd(true);
        try (Session session = model.newSession()) {
            List<Integer> tokens = new ArrayList<>(
                    session.generate(PROMPT, options, piece -> {}).tokens());
            tokens.addAll(session.generate(new int[] {3}, options, piece -> {}).tokens());
            return tokens;
        }
    }

    private static List<Integer> expected() {
        try (Model model = Sluice.load(
                tiny(),
                LoadOptions.DEFAULT
                        .withDevice("cpu")
                        .withContextLength(64)
                        .withBatchTokens(8)
                        .withKvType(KvType.F32)
                        .withPrecision(Precision.EXACT))) {
            return text(model, Sampling.GREEDY);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "compile, 0, 1, 2",
        "allocate, 1, 8, 16",
        "copy, 1, 30, 60",
        "kernel, 0, 14, 25",
        "wrong, 0, 16, 25",
        "sign, 0, 0, 1",
        "hang, 15, 22, 30",
        "lost, 3, 20, 40"
    })
    void theTextGoesOnWhateverFailsWhereverAndWhenever(String where, int early, int later, int late) {
        List<Integer> expected = expected();
        int dropped = 0;
        for (int device = 0; device < DEVICES; device++) {
            for (int after : new int[] {early, later, late}) {
                try (Model model = Sluice.load(tiny(), machine("cpu", only(device, fault(where, after))))) {
                    String what = where + " after " + after + " on sim:" + device;
                    assertEquals(expected, text(model, Sampling.GREEDY), what);
                    dropped += model.device().id().contains("sim:" + device) ? 0 : 1;
                    assertFalse(model.device().id().isEmpty(), what);
                }
            }
        }
        assertTrue(dropped >= DEVICES, where + " struck only " + dropped + " times");
    }

    @Test
    void twoDevicesInSuccessionAreDroppedAndTheThirdGoesOn() {
        String[] faults = {fault("lost", LOADING + 20), fault("kernel", LOADING + 8), ""};
        try (Model model = Sluice.load(tiny(), machine("cpu", faults))) {
            assertEquals(expected(), text(model, Sampling.GREEDY));
            assertEquals(expected(), text(model, Sampling.GREEDY));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 40})
    void whenNothingIsLeftThereIsOneError(int after) {
        String[] faults = {fault("lost", after), fault("kernel", after), fault("copy", after)};
        String message = assertThrows(SluiceException.class, () -> {
                    try (Model model = Sluice.load(tiny(), machine("cpu", faults))) {
                        for (int i = 0; i < 8; i++) {
                            text(model, Sampling.GREEDY);
                        }
                    }
                })
                .getMessage();
        for (int device = 0; device < DEVICES; device++) {
            assertTrue(message.contains("sim:" + device), message);
        }
        assertTrue(message.contains("no device is left"), message);
    }

    @Test
    void sampledTextGoesOnAsWell() {
        Sampling sampling = Sampling.DEFAULT.withSeed(3);
        List<Integer> expected;
        try (Model model = Sluice.load(tiny(), machine("cpu"))) {
            expected = text(model, sampling);
        }
        for (int after = LOADING; after < LOADING + 40; after += 13) {
            try (Model model = Sluice.load(tiny(), machine("cpu", only(1, fault("kernel", after))))) {
                assertEquals(expected, text(model, sampling), "after " + after);
            }
        }
    }

    /** Eight micro-batches and more, in the midst of which a device fails. */
    @ParameterizedTest
    @ValueSource(strings = {"copy", "kernel", "lost", "hang"})
    void aPromptInMicroBatchesGoesOn(String where) {
        List<Integer> expected = afterLongPrompt(machine("cpu").withDevice("cpu"));
        assertEquals(expected, afterLongPrompt(machine("cpu")));
        for (int device = 0; device < DEVICES; device++) {
            // Copies are counted apart from layers: of a load some, of the prompt one or two for each micro-batch.
            int after = where.equals("copy") ? 12 : LOADING + 9;
            assertEquals(
                    expected,
                    afterLongPrompt(machine("cpu", only(device, fault(where, after)))),
                    where + " on sim:" + device);
        }
    }

    private static List<Integer> afterLongPrompt(LoadOptions options) {
        GenerateOptions generate = GenerateOptions.DEFAULT
                .withSampling(Sampling.GREEDY)
                .withMaxTokens(TOKENS)
                .withIgnoreEnd(true);
        int[] prompt = new Random(3).ints(90, 3, 250).toArray();
        try (Model model = Sluice.load(tiny(), options.withContextLength(128));
                Session session = model.newSession()) {
            return session.generate(prompt, generate, piece -> {}).tokens();
        }
    }

    @Test
    void sequencesThatShareABatchAllGoOn() {
        List<Integer> expected = together(machine("cpu"));
        for (int device = 0; device < DEVICES; device++) {
            for (int after : new int[] {LOADING, LOADING + 7, LOADING + 15}) {
                assertEquals(
                        expected,
                        together(machine("cpu", only(device, fault("lost", after)))),
                        "after " + after + " on sim:" + device);
            }
        }
    }

    /** Greedy text of three sequences in one batch, which one after another leave it. */
    private static List<Integer> together(LoadOptions options) {
        List<Integer> all = new ArrayList<>();
        try (Model model = Sluice.load(tiny(), options);
                Batch batch = model.newBatch(3)) {
            List<Sequence> sequences = new ArrayList<>();
            int[][] next = new int[3][];
            for (int s = 0; s < 3; s++) {
                sequences.add(model.newSequence(batch));
                next[s] = new int[] {1 + s, 9, 4 + s};
            }
            for (int round = 0; round < 9; round++) {
                batch.clear();
                int parts = 3 - round / 4;
                for (int s = 0; s < parts; s++) {
                    batch.add(sequences.get(s), next[s], 0, round == 0 ? 2 : 1, 1);
                }
                batch.run();
                for (int s = 0; s < parts; s++) {
                    next[s] = new int[] {batch.bestToken(s)};
                    all.add(next[s][0]);
                }
            }
            sequences.forEach(Sequence::close);
        }
        return all;
    }

    @Test
    void whereThereIsNoRoomForOneMoreSequenceTheOthersGoOn() {
        GenerateOptions options = GenerateOptions.DEFAULT
                .withSampling(Sampling.GREEDY)
                .withMaxTokens(TOKENS)
                .withIgnoreEnd(true);
        LoadOptions machine = machine("cpu", fault("allocate", 80)).withDevice("sim:0");
        try (Model model = Sluice.load(tiny(), machine);
                Session first = model.newSession()) {
            List<Integer> tokens =
                    new ArrayList<>(first.generate(PROMPT, options, piece -> {}).tokens());
            assertThrows(SluiceException.class, () -> {
                for (int i = 0; i < 80; i++) {
                    model.newSession(); // closed with the model
                }
            });
            assertEquals(expected().subList(0, TOKENS), tokens);
            first.reset();
        }
    }

    @Test
    void nothingStaysBehindOnRealDevices() {
        List<String> openCl =
                TestDevices.all().stream().filter(id -> id.startsWith("opencl")).toList();
        assumeTrue(!openCl.isEmpty(), "no OpenCL device");
        long before = LiveObjects.count();
        for (String fault : List.of(
                fault("compile", 1), fault("allocate", 4), fault("copy", 25), fault("kernel", 18), fault("lost", 22))) {
            try (Model model = Sluice.load(tiny(), machine(openCl.getFirst(), only(1, fault)))) {
                text(model, Sampling.GREEDY);
            }
            assertEquals(before, LiveObjects.count(), () -> fault + ": " + LiveObjects.snapshot());
        }
    }
}
