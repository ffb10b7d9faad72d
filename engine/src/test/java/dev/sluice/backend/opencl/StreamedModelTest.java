package dev.sluice.backend.opencl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceOptions;
import dev.sluice.backend.KvType;
import dev.sluice.backend.cpu.CpuBackend;
import dev.sluice.error.SluiceException;
import dev.sluice.formats.ModelFiles;
import dev.sluice.formats.ModelSource;
import dev.sluice.graph.Graph;
import dev.sluice.model.ModelFamilies;
import dev.sluice.plan.DeviceNeeds;
import dev.sluice.plan.StreamChoice;
import dev.sluice.runtime.Assignment;
import dev.sluice.runtime.Executor;
import dev.sluice.runtime.GreedyRun;
import dev.sluice.runtime.HostShare;
import dev.sluice.runtime.Progress;
import dev.sluice.runtime.Sequence;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A model whose layers are streamed, to every device, beside the same device with all layers resident. */
class StreamedModelTest {
    private static final int[] PROMPT = {3, 14, 15, 92, 65, 35, 89};
    private static final int CAPACITY = 3 * OpenClRuns.BATCH;
    private static final int STEPS = 6;
    /** Limit of the NMSE of logits where two devices compute, each with its own rounding. */
    private static final double PARITY = 1e-4;

    @TempDir
    Path folder;

    /** A way to open a device. */
    record Way(String name, Supplier<Device> opening) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Way> devices() {
        CpuBackend cpu = new CpuBackend();
        return Stream.concat(
                Stream.of(new Way(
                        "cpu",
                        () -> cpu.open(cpu.discover().devices().getFirst(), new DeviceOptions(2, OpenClRuns.BATCH)))),
                OpenClRuns.variants().map(variant -> new Way(variant.toString(), variant::open)));
    }

    private static ModelSource model() {
        try {
            return ModelFiles.open(Path.of(
                    Objects.requireNonNull(StreamedModelTest.class.getResource("/conformance/models/llama3-gqa.gguf"))
                            .toURI()));
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    @ParameterizedTest
    @MethodSource("devices")
    void itComputesWhatTheResidentModelComputes(Way way) {
        try (ModelSource source = model();
                Device device = way.opening().get()) {
            Graph graph = ModelFamilies.lower(source);
            int layers = graph.layers().size();
            float[][] expected = run(graph, Assignment.resident(device, layers));
            Set<Integer> blocks =
                    Set.copyOf(IntStream.range(1, layers - 1).boxed().toList());
            Set<Integer> some = Set.of(2, layers - 2);
            Set<Integer> withHead = Set.of(1, layers - 2, layers - 1);
            Path packed = folder.resolve("packed");
            for (Assignment assignment : List.of(
                    Assignment.streaming(device, layers, blocks, 1, null),
                    Assignment.streaming(device, layers, blocks, 3, null),
                    Assignment.streaming(device, layers, some, 3, null),
                    Assignment.streaming(device, layers, withHead, 2, null),
                    Assignment.streaming(device, layers, withHead, 1, packed),
                    Assignment.streaming(device, layers, some, 2, null).withSlices(Set.of(0)),
                    Assignment.streaming(device, layers, Set.of(), 1, null).withSlices(Set.of(1)),
                    Assignment.streaming(device, layers, blocks, 2, packed),
                    Assignment.streaming(device, layers, blocks, 3, packed))) {
                float[][] actual = run(graph, assignment);
                for (int i = 0; i < expected.length; i++) {
                    if (way.name().contains("together") || way.name().contains("hasty")) {
                        // Resident layers go in one launch there, whose sums are in another order.
                        OpenClRuns.assertClose(expected[i], actual[i], 1e-6, assignment + ", step " + i);
                    } else {
                        assertArrayEquals(expected[i], actual[i], assignment + ", step " + i);
                    }
                }
            }
        }
    }

    /** The table stays for the embedding, so that slices of it would be there twice. */
    @ParameterizedTest
    @MethodSource("devices")
    void aHeadIsNotStreamedWhoseTableIsResident(Way way) {
        try (ModelSource source = model();
                Device device = way.opening().get()) {
            Graph graph = ModelFamilies.lower(source);
            int layers = graph.layers().size();
            DeviceNeeds needs = new DeviceNeeds(graph, CAPACITY, KvType.F16, OpenClRuns.BATCH);
            long all = needs.of(device, 0, layers, Set.of(), Set.of(), 0, Long.MAX_VALUE)
                    .total();
            boolean blocks = false;
            boolean slices = false;
            for (int percent = 98; percent > 0; percent--) {
                StreamChoice choice = StreamChoice.of(needs, device, 0, layers, all * percent / 100)
                        .orElse(null);
                blocks |= choice != null && choice.streamed().size() == layers - 2;
                slices |= choice != null && !choice.slices().isEmpty();
            }
            assertTrue(blocks);
            assertEquals(device.residentBytes(graph.layers().getFirst()) == 0, slices);
        }
    }

    /** In steps of a token the CPU computes halves of some layers, in prompts the device computes all. */
    @ParameterizedTest
    @MethodSource("devices")
    void theCpuComputesHalvesOfStreamedLayers(Way way) {
        CpuBackend backend = new CpuBackend();
        try (ModelSource source = model();
                Device device = way.opening().get();
                Device cpu =
                        backend.open(backend.discover().devices().getFirst(), new DeviceOptions(2, OpenClRuns.BATCH))) {
            Graph graph = ModelFamilies.lower(source);
            int layers = graph.layers().size();
            float[][] expected = run(graph, Assignment.resident(device, layers));
            Assignment assignment = Assignment.streaming(device, layers, Set.of(1, 2, layers - 2), 2, null)
                    .withHost(new HostShare(cpu, Set.of(1, layers - 2), 1));
            float[][] actual = run(graph, assignment);
            for (int i = 0; i < expected.length; i++) {
                OpenClRuns.assertClose(expected[i], actual[i], PARITY, assignment + ", step " + i);
            }
        }
    }

    /** Nothing of it is charged to the device but vectors, and the bits are those of the resident model. */
    @ParameterizedTest
    @MethodSource("devices")
    void weightsInTheHostsMemoryAreUsedInPlace(Way way) {
        try (ModelSource source = model();
                Device device = way.opening().get()) {
            Graph graph = ModelFamilies.lower(source);
            int layers = graph.layers().size();
            Set<Integer> all = Set.copyOf(IntStream.range(0, layers).boxed().toList());
            if (!device.sharesHostMemory()) {
                assertThrows(
                        IllegalArgumentException.class,
                        () -> device.compileShared(graph.layers().getFirst()));
                return;
            }
            float[][] expected = run(graph, Assignment.resident(device, layers));
            long free = device.availableBytes();
            long weights;
            try (Executor executor = new Executor(
                    graph, List.of(Assignment.resident(device, layers)), OpenClRuns.BATCH, Progress.NONE)) {
                weights = free - device.availableBytes();
                assertFalse(executor.path().contains("in place"), executor.path());
            }
            for (Set<Integer> shared : List.of(all, Set.of(2, layers - 2), Set.of(0), Set.of(layers - 1))) {
                float[][] actual = run(graph, Assignment.sharing(device, layers, shared));
                for (int i = 0; i < expected.length; i++) {
                    assertArrayEquals(expected[i], actual[i], shared + ", step " + i);
                }
            }
            try (Executor executor = new Executor(
                    graph, List.of(Assignment.sharing(device, layers, all)), OpenClRuns.BATCH, Progress.NONE)) {
                assertTrue(free - device.availableBytes() < weights / 10, executor.path());
            }
            assertEquals(free, device.availableBytes());
        }
    }

    /** Logits of a prompt in two pieces and of some steps, then the ids of a greedy run behind the prompt. */
    private static float[][] run(Graph graph, Assignment assignment) {
        float[][] results = new float[STEPS + 2][];
        try (Executor executor = new Executor(graph, List.of(assignment), OpenClRuns.BATCH, Progress.NONE);
                Sequence sequence = executor.newSequence(CAPACITY, KvType.F32, 1)) {
            assertEquals(assignment.streams(), executor.path().contains("streamed"), executor.path());
            sequence.append(PROMPT, 0, 4, 0);
            int[] next = {PROMPT[4], PROMPT[5], PROMPT[6]};
            int first = -1;
            for (int i = 0; i < STEPS; i++) {
                sequence.append(next, 0, next.length, 1);
                results[i] = new float[graph.vocabulary()];
                sequence.logits(0, results[i]);
                next = new int[] {sequence.bestToken()};
                first = first < 0 ? next[0] : first;
            }
            sequence.truncate(PROMPT.length);
            results[STEPS] = new float[STEPS];
            try (GreedyRun greedy = sequence.greedy(first, STEPS)) {
                for (int i = 0; i < STEPS; i++) {
                    results[STEPS][i] = greedy.next();
                }
            }
            // More tokens than go through a layer together: each layer is used for all of them before it is dropped.
            int[] prompt = new Random(7).ints(2 * OpenClRuns.BATCH + 3, 0, 250).toArray();
            sequence.truncate(0);
            sequence.append(prompt, 0, prompt.length, 1);
            results[STEPS + 1] = new float[graph.vocabulary()];
            sequence.logits(0, results[STEPS + 1]);
        }
        return results;
    }

    /** The second time nothing is packed; files that are damaged are made anew, or named. */
    @Test
    void packedFilesAreUsedAgain() throws IOException {
        try (ModelSource source = model();
                Device device = devices().findFirst().orElseThrow().opening().get()) {
            Graph graph = ModelFamilies.lower(source);
            int layers = graph.layers().size();
            Path packed = folder.resolve("packed");
            Assignment assignment = Assignment.streaming(device, layers, Set.of(1, 2), 1, packed);
            float[][] expected = run(graph, assignment);
            List<Path> files;
            try (Stream<Path> all = Files.list(packed)) {
                files = all.sorted().toList();
            }
            assertEquals(2, files.size(), files.toString());
            var written = Files.getLastModifiedTime(files.getFirst());
            long bytes = Files.size(files.getLast());
            Files.write(files.getLast(), new byte[3]);
            assertArrayEquals(expected[0], run(graph, assignment)[0]);
            assertEquals(written, Files.getLastModifiedTime(files.getFirst()));
            assertEquals(bytes, Files.size(files.getLast()));
        }
    }

    @Test
    void aFolderThatCannotBeWrittenIsNamed() throws IOException {
        Path file = Files.createFile(folder.resolve("file"));
        try (ModelSource source = model();
                Device device = devices().findFirst().orElseThrow().opening().get()) {
            Graph graph = ModelFamilies.lower(source);
            Assignment assignment = Assignment.streaming(device, graph.layers().size(), Set.of(1, 2), 1, file);
            SluiceException e = assertThrows(SluiceException.class, () -> run(graph, assignment));
            assertTrue(e.getMessage().contains(file.toString()), e.getMessage());
        }
    }
}
