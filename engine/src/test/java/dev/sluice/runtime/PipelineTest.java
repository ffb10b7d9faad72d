package dev.sluice.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceOptions;
import dev.sluice.backend.KvType;
import dev.sluice.formats.ModelFiles;
import dev.sluice.formats.ModelSource;
import dev.sluice.graph.Graph;
import dev.sluice.model.ModelFamilies;
import dev.sluice.plan.DeviceCatalog;
import dev.sluice.plan.HardwareFiles;
import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Steps of several micro-batches, over several devices and with streamed layers, beside one device that has all layers. */
class PipelineTest {
    private static final int BATCH = 64;
    /** So many that a prompt is one chunk on a single device. */
    private static final int LARGE = 512;

    private static final int CAPACITY = 400;

    @TempDir
    private Path folder;

    private static ModelSource model() {
        URL url = Objects.requireNonNull(PipelineTest.class.getResource("/conformance/models/llama3-gqa.gguf"));
        try {
            return ModelFiles.open(Path.of(url.toURI()));
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    /** Devices of a machine; {@code simulate}: fields of its simulated ones. */
    private List<Device> open(List<String> ids, String simulate) {
        String devices = ids.stream()
                .filter(id -> id.startsWith("sim"))
                .map(id -> "{\"id\": \"" + id + "\", \"simulate\": {\"device\": \"cpu\", \"memory_bytes\": 1e9, "
                        + simulate + "}}")
                .collect(Collectors.joining(", "));
        try {
            Path file = Files.writeString(folder.resolve("machine.json"), "{\"devices\": [" + devices + "]}");
            DeviceCatalog catalog = DeviceCatalog.discover(
                    "cpu", devices.isEmpty() ? List.of() : HardwareFiles.simulations(file.toString()));
            return ids.stream()
                    .map(id -> catalog.open(catalog.select(id), new DeviceOptions(2, LARGE)))
                    .toList();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static int[] tokens(Graph graph, int count, int seed) {
        return new Random(seed).ints(count, 0, graph.vocabulary()).toArray();
    }

    private static List<Assignment> even(Graph graph, List<Device> devices, Set<Integer> streamed) {
        int layers = graph.layers().size();
        List<Assignment> assignments = new ArrayList<>();
        for (int i = 0; i < devices.size(); i++) {
            int from = layers * i / devices.size();
            int count = layers * (i + 1) / devices.size() - from;
            Set<Integer> own = streamed.stream()
                    .map(layer -> layer - from)
                    .filter(layer -> layer >= 0 && layer < count)
                    .collect(Collectors.toSet());
            assignments.add(Assignment.streaming(devices.get(i), count, own, 2, null));
        }
        return assignments;
    }

    /** Logits behind prompts of several lengths, read in one step and in more, and what sequences get that share steps. */
    private static List<float[]> results(Executor executor) {
        Graph graph = executor.graph();
        List<float[]> all = new ArrayList<>();
        for (int length : new int[] {1, 65, 201, 391}) {
            try (Sequence sequence = executor.newSequence(CAPACITY, KvType.F16, 3)) {
                int[] prompt = tokens(graph, length, length);
                sequence.append(prompt, 0, length, Math.min(3, length));
                for (int row = 0; row < Math.min(3, length); row++) {
                    float[] logits = new float[graph.vocabulary()];
                    sequence.logits(row, logits);
                    all.add(logits);
                }
                float[] ids = new float[3];
                try (GreedyRun run = sequence.greedy(sequence.bestToken(), ids.length)) {
                    for (int i = 0; i < ids.length; i++) {
                        ids[i] = run.next();
                    }
                }
                all.add(ids);
            }
        }
        together(executor, all);
        return all;
    }

    private static void together(Executor executor, List<float[]> all) {
        Graph graph = executor.graph();
        int count = 37;
        List<Sequence> sequences = new ArrayList<>();
        try (Batch batch = executor.newBatch(count)) {
            int[][] next = new int[count][];
            for (int s = 0; s < count; s++) {
                sequences.add(executor.newSequence(40, KvType.F32, batch));
                next[s] = tokens(graph, 2 + s % 9, s);
            }
            for (int step = 0; step < 6; step++) {
                batch.clear();
                for (int s = 0; s < count; s++) {
                    batch.add(sequences.get(s), next[s], 0, next[s].length, 1);
                }
                batch.run();
                float[] ids = new float[count];
                for (int s = 0; s < count; s++) {
                    next[s] = new int[] {batch.bestToken(s)};
                    ids[s] = next[s][0];
                }
                all.add(ids);
                float[] logits = new float[graph.vocabulary()];
                batch.logits(29, 0, logits);
                all.add(logits);
            }
        } finally {
            sequences.forEach(Sequence::close);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"sim:0", "sim:0,sim:1", "sim:0,sim:1,sim:2", "cpu,sim:0", "sim:0,cpu", "sim:0,cpu,sim:1"})
    void severalDevicesComputeWhatOneComputes(String ids) {
        compare(List.of(ids.split(",")), Set.of(), BATCH);
        compare(List.of(ids.split(",")), Set.of(), LARGE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"cpu", "sim:0", "cpu,sim:0", "sim:0,sim:1", "sim:0,cpu"})
    void streamedLayersComputeWhatResidentOnesCompute(String ids) {
        compare(List.of(ids.split(",")), Set.of(1, 2, 4), BATCH);
        compare(List.of(ids.split(",")), Set.of(1, 2, 4), LARGE);
    }

    /** Also where a device has nothing else, and where some of them stay. */
    @ParameterizedTest
    @CsvSource({"1, 0, '0,1'", "1, 3, '0,1'", "2, 3, 1", "1, 4, 0", "1, 4, 1"})
    void aHeadInSlicesComputesWhatTheHeadComputes(int slots, int before, String slices) {
        List<Device> one = open(List.of("cpu"), "");
        List<Device> several = open(List.of("sim:0", "sim:1"), "\"link\": {\"bytes_per_second\": 1e10}");
        Set<Integer> streamed =
                Arrays.stream(slices.split(",")).map(Integer::valueOf).collect(Collectors.toSet());
        try (ModelSource source = model()) {
            Graph graph = ModelFamilies.lower(source);
            int layers = graph.layers().size();
            Assignment last = Assignment.streaming(several.getLast(), layers - before, Set.of(), slots, null)
                    .withSlices(streamed);
            List<Assignment> assignments =
                    before == 0 ? List.of(last) : List.of(Assignment.resident(several.getFirst(), before), last);
            try (Executor alone = new Executor(graph, one.getFirst(), BATCH, Progress.NONE);
                    Executor sliced = new Executor(graph, assignments, BATCH, Progress.NONE)) {
                assertSame(results(alone), results(sliced));
            }
        } finally {
            several.forEach(Device::close);
            one.forEach(Device::close);
        }
    }

    private static void assertSame(List<float[]> expected, List<float[]> actual) {
        assertEquals(expected.size(), actual.size());
        for (int i = 0; i < expected.size(); i++) {
            assertArrayEquals(expected.get(i), actual.get(i), "result " + i);
        }
    }

    /** Wherever it is ended, a step leaves sequences as they were, and what comes next is computed as if it had not been. */
    @ParameterizedTest
    @ValueSource(strings = {"", "1,2,4", "1,4"})
    void aStepCanBeEndedInTheMidst(String streamed) {
        List<Device> devices = open(List.of("sim:0", "cpu"), "\"link\": {\"bytes_per_second\": 1e10}");
        Set<Integer> layers = streamed.isEmpty()
                ? Set.of()
                : Arrays.stream(streamed.split(",")).map(Integer::valueOf).collect(Collectors.toSet());
        try (ModelSource source = model()) {
            Graph graph = ModelFamilies.lower(source);
            int[] prompt = tokens(graph, 300, 4);
            try (Executor executor = new Executor(graph, even(graph, devices, layers), BATCH, Progress.NONE);
                    Sequence sequence = executor.newSequence(CAPACITY, KvType.F16, 1)) {
                float[] expected = new float[graph.vocabulary()];
                sequence.append(prompt, 0, prompt.length, 1);
                sequence.logits(0, expected);
                for (int pass = 0; pass < 9; pass++) {
                    int last = pass;
                    sequence.truncate(0);
                    sequence.append(prompt, 0, 9, 0);
                    assertThrows(
                            CancellationException.class,
                            () -> sequence.append(prompt, 9, prompt.length - 9, 1, (what, done, all) -> {
                                if (done == last) {
                                    throw new CancellationException();
                                }
                            }));
                    assertEquals(9, sequence.position());
                    float[] actual = new float[graph.vocabulary()];
                    sequence.truncate(0);
                    sequence.append(prompt, 0, prompt.length, 1);
                    sequence.logits(0, actual);
                    assertArrayEquals(expected, actual, "ended before submission " + pass);
                }
            }
        } finally {
            devices.forEach(Device::close);
        }
    }

    private void compare(List<String> ids, Set<Integer> streamed, int batch) {
        List<Device> one = open(List.of("cpu"), "");
        List<Device> several = open(ids, "\"link\": {\"bytes_per_second\": 1e10}");
        try (ModelSource source = model()) {
            Graph graph = ModelFamilies.lower(source);
            try (Executor alone = new Executor(graph, one.getFirst(), batch, Progress.NONE);
                    Executor shared = new Executor(graph, even(graph, several, streamed), batch, Progress.NONE)) {
                assertSame(results(alone), results(shared));
            }
        } finally {
            several.forEach(Device::close);
            one.forEach(Device::close);
        }
    }

    /**
     * Eight micro-batches, for each of which each device takes two copies of a certain time, and hardly any for computing: ids
     * first, then at the same time what the first device reads and the second one writes.
     */
    @Test
    void devicesWorkAtTheSameTime() {
        List<Device> devices =
                open(List.of("sim:0", "sim:1"), "\"link\": {\"bytes_per_second\": 1e10, \"latency_seconds\": 0.015}");
        try (ModelSource source = model()) {
            Graph graph = ModelFamilies.lower(source);
            try (Executor executor = new Executor(graph, even(graph, devices, Set.of()), BATCH, Progress.NONE);
                    Sequence sequence = executor.newSequence(CAPACITY * 2, KvType.F16, 1)) {
                assertFaster(sequence, tokens(graph, 8 * BATCH, 1), 0.75); // 18 copies after one another, not 32
            }
        } finally {
            devices.forEach(Device::close);
        }
    }

    /** The weights cross the link once for a step, whatever its rows. */
    @Test
    void streamedWeightsCrossOnceForAStep() {
        List<Device> devices = open(List.of("sim:0"), "\"link\": {\"bytes_per_second\": 3e5}");
        try (ModelSource source = model()) {
            Graph graph = ModelFamilies.lower(source);
            Set<Integer> blocks =
                    IntStream.range(1, graph.layers().size() - 1).boxed().collect(Collectors.toSet());
            try (Executor executor = new Executor(graph, even(graph, devices, blocks), BATCH, Progress.NONE);
                    Sequence sequence = executor.newSequence(CAPACITY, KvType.F16, 1)) {
                assertEquals(8 * BATCH, executor.promptTokens());
                assertFaster(sequence, tokens(graph, 4 * BATCH, 1), 0.75); // one copy of all, not four
            }
        } finally {
            devices.forEach(Device::close);
        }
    }

    /** One step for a prompt against one for each chunk; a busy machine makes both slower now and then. */
    private static void assertFaster(Sequence sequence, int[] prompt, double share) {
        double apart = Double.MAX_VALUE;
        double together = Double.MAX_VALUE;
        for (int round = 0; round < 5 && together >= share * apart; round++) {
            apart = Math.min(apart, read(sequence, prompt, BATCH));
            together = Math.min(together, read(sequence, prompt, prompt.length));
        }
        assertTrue(together < share * apart, together + " s for " + prompt.length + " tokens beside " + apart);
    }

    /** Seconds to read a prompt, each step waited for. */
    private static double read(Sequence sequence, int[] prompt, int step) {
        sequence.truncate(0);
        long started = System.nanoTime();
        for (int from = 0; from < prompt.length; from += step) {
            sequence.append(prompt, from, step, 1);
            sequence.bestToken();
        }
        return 1e-9 * (System.nanoTime() - started);
    }
}
