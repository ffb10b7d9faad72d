package dev.sluice.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceOptions;
import dev.sluice.backend.KvType;
import dev.sluice.error.DeviceFailure;
import dev.sluice.formats.ModelFiles;
import dev.sluice.formats.ModelSource;
import dev.sluice.graph.Graph;
import dev.sluice.graph.Halves;
import dev.sluice.graph.Layer;
import dev.sluice.model.ModelFamilies;
import dev.sluice.plan.DeviceCatalog;
import dev.sluice.plan.HardwareFiles;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A simulated device with streamed layers of which the CPU computes halves, beside the CPU alone. */
class HostShareTest {
    private static final int BATCH = 48;
    private static final int CAPACITY = 160;
    private static final String LINK = "\"link\": {\"bytes_per_second\": 1e10}";

    @TempDir
    private Path folder;

    private static ModelSource model(String name) {
        try {
            return ModelFiles.open(Path.of(
                    Objects.requireNonNull(HostShareTest.class.getResource("/conformance/models/" + name + ".gguf"))
                            .toURI()));
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    /** A simulated device with some fields more, and the CPU. */
    private List<Device> open(String simulate) {
        try {
            Path file = Files.writeString(
                    folder.resolve("machine.json"),
                    "{\"devices\": [{\"id\": \"sim:0\", \"simulate\": {\"device\": \"cpu\", \"memory_bytes\": 1e9, "
                            + simulate + "}}]}");
            DeviceCatalog catalog = DeviceCatalog.discover("cpu", HardwareFiles.simulations(file.toString()));
            List<Device> devices = new ArrayList<>();
            for (String id : List.of("sim:0", "cpu")) {
                devices.add(catalog.open(catalog.select(id), new DeviceOptions(2, BATCH)));
            }
            return devices;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static Assignment shared(
            List<Device> devices, int layers, Set<Integer> streamed, Set<Integer> halved, int slots, int rows) {
        return Assignment.streaming(devices.getFirst(), layers, streamed, slots, null)
                .withHost(new HostShare(devices.getLast(), halved, rows));
    }

    private static int[] tokens(Graph graph, int count, int seed) {
        return new Random(seed).ints(count, 0, graph.vocabulary()).toArray();
    }

    /** Prompts, single tokens and greedy runs in turn, then steps of some sequences, more and less than the host takes. */
    private static List<float[]> results(Executor executor) {
        Graph graph = executor.graph();
        List<float[]> all = new ArrayList<>();
        try (Sequence sequence = executor.newSequence(CAPACITY, KvType.F16, 1)) {
            for (int length : new int[] {5, 1, 1, 2 * BATCH + 3, 1}) {
                sequence.append(tokens(graph, length, length), 0, length, 1);
                all.add(new float[graph.vocabulary()]);
                sequence.logits(0, all.getLast());
            }
            float[] ids = new float[7];
            try (GreedyRun run = sequence.greedy(sequence.bestToken(), ids.length)) {
                for (int i = 0; i < ids.length; i++) {
                    ids[i] = run.next();
                }
            }
            all.add(ids);
        }
        for (int count : new int[] {2, 3, 4}) {
            together(executor, count, all);
        }
        return all;
    }

    private static void together(Executor executor, int count, List<float[]> all) {
        Graph graph = executor.graph();
        List<Sequence> sequences = new ArrayList<>();
        try (Batch batch = executor.newBatch(count)) {
            int[][] next = new int[count][];
            for (int s = 0; s < count; s++) {
                sequences.add(executor.newSequence(40, KvType.F32, batch));
                next[s] = tokens(graph, 2 + s, s);
            }
            for (int step = 0; step < 4; step++) {
                batch.clear();
                for (int s = 0; s < count; s++) {
                    batch.add(sequences.get(s), next[s], 0, next[s].length, 1);
                }
                batch.run();
                for (int s = 0; s < count; s++) {
                    next[s] = new int[] {batch.bestToken(s)};
                }
                float[] logits = new float[graph.vocabulary()];
                batch.logits(count - 1, 0, logits);
                all.add(logits);
            }
        } finally {
            sequences.forEach(Sequence::close);
        }
    }

    /** A half begins and ends with the residual stream, where sums begin elsewhere than within a layer: its last bit may differ. */
    private static void assertClose(List<float[]> expected, List<float[]> actual, String what) {
        assertEquals(expected.size(), actual.size());
        for (int i = 0; i < expected.size(); i++) {
            assertArrayEquals(expected.get(i), actual.get(i), 1e-3f, what + ", result " + i);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama3-gqa", "gemma3"})
    void logitsAndTextAreThoseOfWholeLayers(String name) {
        List<Device> devices = open(LINK);
        try (ModelSource source = model(name)) {
            Graph graph = ModelFamilies.lower(source);
            int layers = graph.layers().size();
            List<float[]> expected;
            try (Executor alone = new Executor(graph, devices.getLast(), BATCH, Progress.NONE)) {
                expected = results(alone);
            }
            long free = devices.getFirst().availableBytes();
            Path packed = folder.resolve("packed-" + name);
            for (Assignment assignment : List.of(
                    shared(devices, layers, Set.of(1, 2, 3), Set.of(1, 3), 3, 1),
                    shared(devices, layers, Set.of(1, 2, 3), Set.of(1, 2, 3), 2, 3),
                    shared(devices, layers, Set.of(1, 2, 3, layers - 1), Set.of(3), 1, 3),
                    shared(devices, layers, Set.of(2), Set.of(2), 3, 1),
                    shared(devices, layers, Set.of(1, 2), Set.of(2), 2, 3).withSlices(Set.of(1)),
                    Assignment.streaming(devices.getFirst(), layers, Set.of(1, 2, 3), 3, packed)
                            .withMicroBatches(2)
                            .withHost(new HostShare(devices.getLast(), Set.of(1, 3), 3)),
                    Assignment.streaming(devices.getFirst(), layers, Set.of(2), 3, packed)
                            .withHost(new HostShare(devices.getLast(), Set.of(2), 3)))) {
                Executor executor = new Executor(graph, List.of(assignment), BATCH, Progress.NONE);
                List<float[]> actual = results(executor);
                assertClose(expected, actual, assignment.toString());
                executor.close();
                executor.close();
                assertEquals(free, devices.getFirst().availableBytes(), "all is given back");
            }
        } finally {
            devices.forEach(Device::close);
        }
    }

    @Test
    void aPartBehindAnotherHandsOnWhatTheHostComputed() {
        List<Device> devices = open(LINK);
        try (ModelSource source = model("llama3-gqa")) {
            Graph graph = ModelFamilies.lower(source);
            int layers = graph.layers().size();
            Assignment first = Assignment.streaming(devices.getFirst(), 3, Set.of(1, 2), 2, null)
                    .withHost(new HostShare(devices.getLast(), Set.of(1, 2), 4));
            try (Executor alone = new Executor(graph, devices.getLast(), BATCH, Progress.NONE);
                    Executor split = new Executor(
                            graph,
                            List.of(first, Assignment.resident(devices.getLast(), layers - 3)),
                            BATCH,
                            Progress.NONE)) {
                List<float[]> expected = results(alone);
                List<float[]> actual = results(split);
                assertClose(expected, actual, "split");
            }
        } finally {
            devices.forEach(Device::close);
        }
    }

    @Test
    void thePathSaysHowManyLayersAreShared() {
        List<Device> devices = open(LINK);
        try (ModelSource source = model("llama3-gqa")) {
            Graph graph = ModelFamilies.lower(source);
            int layers = graph.layers().size();
            try (Executor executor = new Executor(
                    graph,
                    List.of(shared(devices, layers, Set.of(1, 2, 3), Set.of(1, 3), 3, 1)),
                    BATCH,
                    Progress.NONE)) {
                String path = executor.path();
                assertTrue(path.contains("3 layers of"), path);
                assertTrue(path.endsWith("feed-forward of 2 of 3 streamed layers on cpu for up to 1 row"), path);
            }
            assertThrows(
                    IllegalArgumentException.class,
                    () -> shared(devices, layers, Set.of(1), Set.of(2), 3, 1),
                    "what is resident is not shared");
        } finally {
            devices.forEach(Device::close);
        }
    }

    /** The link is so slow that its bytes are what a step takes: three quarters of a layer's are in the half. */
    @Test
    void whatTheHostComputesDoesNotCrossTheLink() {
        List<Device> devices = open("\"link\": {\"bytes_per_second\": 3e6, \"pageable_bytes_per_second\": 1e10,"
                + " \"to_host_bytes_per_second\": 1e10}");
        try (ModelSource source = model("llama3-gqa")) {
            Graph graph = ModelFamilies.lower(source);
            int layers = graph.layers().size();
            Set<Integer> streamed = Set.of(1, 2, 3);
            double whole = seconds(graph, Assignment.streaming(devices.getFirst(), layers, streamed, 2, null));
            double half = seconds(graph, shared(devices, layers, streamed, streamed, 2, 1));
            Layer block = graph.layers().get(1);
            double share = Halves.of(block).orElseThrow().attention().weightBytes() / (double) block.weightBytes();
            assertTrue(half < (share + 0.2) * whole, half + " s beside " + whole + " s, of which " + share + " stays");
        } finally {
            devices.forEach(Device::close);
        }
    }

    private static double seconds(Graph graph, Assignment assignment) {
        try (Executor executor = new Executor(graph, List.of(assignment), BATCH, Progress.NONE);
                Sequence sequence = executor.newSequence(CAPACITY, KvType.F16, 1);
                GreedyRun run = sequence.greedy(1, 20)) {
            run.next();
            run.next();
            // The median: a step that the machine had no time for says nothing of the link.
            double[] steps = new double[11];
            for (int i = 0; i < steps.length; i++) {
                long started = System.nanoTime();
                run.next();
                steps[i] = 1e-9 * (System.nanoTime() - started);
            }
            Arrays.sort(steps);
            return steps[steps.length / 2];
        }
    }

    /** Wherever the device fails, the CPU goes on with the same text. */
    @ParameterizedTest
    @ValueSource(strings = {"lost", "copy", "kernel"})
    void theTextGoesOnWhenTheDeviceFails(String fault) {
        try (ModelSource source = model("llama3-gqa")) {
            Graph graph = ModelFamilies.lower(source);
            int layers = graph.layers().size();
            List<Integer> expected = null;
            for (int after : new int[] {100_000, 75, 92, 101}) {
                List<Device> devices =
                        open(LINK + ", \"faults\": [{\"where\": \"" + fault + "\", \"after\": " + after + "}]");
                Recovery onCpu = new Recovery() {
                    @Override
                    public boolean isLast(DeviceFailure failure) {
                        return false;
                    }

                    @Override
                    public List<Assignment> without(DeviceFailure failure) {
                        return List.of(Assignment.resident(devices.getLast(), layers));
                    }

                    @Override
                    public void requireRight() {}
                };
                try (Executor executor = new Executor(
                                graph,
                                List.of(shared(devices, layers, Set.of(1, 2, 3), Set.of(1, 3), 2, 1)),
                                BATCH,
                                Progress.NONE,
                                onCpu);
                        Sequence sequence = executor.newSequence(CAPACITY, KvType.F16, 1)) {
                    sequence.append(tokens(graph, 9, 1), 0, 9, 1);
                    List<Integer> ids = new ArrayList<>();
                    try (GreedyRun run = sequence.greedy(sequence.bestToken(), 30)) {
                        for (int i = 0; i < 30; i++) {
                            ids.add(run.next());
                        }
                    }
                    expected = expected == null ? ids : expected;
                    assertEquals(expected, ids, fault + " after " + after);
                    assertEquals(
                            after == 100_000 ? devices.getFirst() : devices.getLast(),
                            executor.assignments().getFirst().device());
                } finally {
                    devices.forEach(Device::close);
                }
            }
        }
    }
}
