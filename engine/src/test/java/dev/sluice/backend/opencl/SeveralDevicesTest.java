package dev.sluice.backend.opencl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceOptions;
import dev.sluice.backend.KvType;
import dev.sluice.backend.cpu.CpuBackend;
import dev.sluice.formats.ModelFiles;
import dev.sluice.formats.ModelSource;
import dev.sluice.graph.Graph;
import dev.sluice.model.ModelFamilies;
import dev.sluice.runtime.Assignment;
import dev.sluice.runtime.Batch;
import dev.sluice.runtime.Executor;
import dev.sluice.runtime.GreedyRun;
import dev.sluice.runtime.Progress;
import dev.sluice.runtime.Sequence;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every OpenCL device and the CPU share the layers of a model in one process, against the scalar device alone. */
class SeveralDevicesTest {
    private static final int[] PROMPT = {3, 14, 15, 92, 65, 35, 89};
    private static final int CAPACITY = 32;
    private static final int STEPS = 8;
    private static final DeviceOptions OPTIONS = new DeviceOptions(2, OpenClRuns.BATCH);

    private static ModelSource model(String name) {
        try {
            return ModelFiles.open(Path.of(Objects.requireNonNull(
                            SeveralDevicesTest.class.getResource("/conformance/models/" + name + ".gguf"))
                    .toURI()));
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    private static List<Device> devices() {
        List<Device> devices = new ArrayList<>();
        OpenClRuns.variants()
                .filter(variant -> variant.shape().equals("wide"))
                .forEach(variant -> devices.add(variant.open()));
        CpuBackend cpu = new CpuBackend();
        devices.add(cpu.open(cpu.discover().devices().getFirst(), OPTIONS));
        return devices;
    }

    /** As even as it goes, so that as many devices as there are layers for take part. */
    private static List<Assignment> even(int layers, List<Device> devices) {
        List<Assignment> assignments = new ArrayList<>();
        for (int i = 0; i < devices.size(); i++) {
            assignments.add(Assignment.resident(
                    devices.get(i), layers * (i + 1) / devices.size() - layers * i / devices.size()));
        }
        return assignments;
    }

    private static float[] logits(Executor executor, Sequence sequence) {
        float[] logits = new float[executor.graph().vocabulary()];
        sequence.logits(0, logits);
        return logits;
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama3-gqa", "gemma3"})
    void theyComputeWhatOneComputes(String name) {
        List<Device> devices = devices();
        try (ModelSource source = model(name);
                Device scalar = new CpuBackend().openScalar(OPTIONS)) {
            Graph graph = ModelFamilies.lower(source);
            int used = Math.min(devices.size(), graph.layers().size());
            List<Assignment> split = even(graph.layers().size(), devices.subList(0, used));
            try (Executor one = new Executor(graph, scalar, OpenClRuns.BATCH, Progress.NONE);
                    Executor several = new Executor(graph, split, OpenClRuns.BATCH, Progress.NONE);
                    Sequence expected = one.newSequence(CAPACITY, KvType.F32, 1);
                    Sequence actual = several.newSequence(CAPACITY, KvType.F32, 1)) {
                assertTrue(used >= 2, "a split over " + used + " devices");
                int[] ids = new int[STEPS];
                // The beginning of a prompt asks for no logits.
                expected.append(PROMPT, 0, 4, 0);
                actual.append(PROMPT, 0, 4, 0);
                int[] next = {PROMPT[4], PROMPT[5], PROMPT[6]};
                for (int i = 0; i < STEPS; i++) {
                    expected.append(next, 0, next.length, 1);
                    actual.append(next, 0, next.length, 1);
                    OpenClRuns.assertClose(logits(one, expected), logits(several, actual), 1e-3, "step " + i);
                    ids[i] = expected.bestToken();
                    assertEquals(ids[i], actual.bestToken());
                    next = new int[] {ids[i]};
                }
                actual.truncate(PROMPT.length);
                int[] run = new int[STEPS];
                run[0] = ids[0];
                try (GreedyRun greedy = actual.greedy(ids[0], STEPS - 1)) {
                    for (int i = 1; i < STEPS; i++) {
                        run[i] = greedy.next();
                    }
                }
                assertArrayEquals(ids, run);
                String path = several.path();
                assertTrue(path.contains("embedding to ") && path.contains(" to head on cpu: "), path);
            }
        } finally {
            devices.forEach(Device::close);
        }
    }

    /** Prompts in several micro-batches, of which each device has another at a time. */
    @ParameterizedTest
    @ValueSource(ints = {41, 97, 200})
    void longPromptsComputeWhatOneComputes(int length) {
        List<Device> devices = devices();
        int[] prompt = new Random(length).ints(length, 0, 250).toArray();
        try (ModelSource source = model("llama3-gqa");
                Device scalar = new CpuBackend().openScalar(OPTIONS)) {
            Graph graph = ModelFamilies.lower(source);
            int used = Math.min(devices.size(), graph.layers().size());
            List<Assignment> split = even(graph.layers().size(), devices.subList(0, used));
            try (Executor one = new Executor(graph, scalar, OpenClRuns.BATCH, Progress.NONE);
                    Executor several = new Executor(graph, split, OpenClRuns.BATCH, Progress.NONE);
                    Sequence expected = one.newSequence(length, KvType.F32, 2);
                    Sequence actual = several.newSequence(length, KvType.F32, 2)) {
                expected.append(prompt, 0, length, 2);
                actual.append(prompt, 0, length, 2);
                OpenClRuns.assertClose(logits(one, expected), logits(several, actual), 1e-3, "all but one");
                assertEquals(expected.bestToken(), actual.bestToken());
            }
        } finally {
            devices.forEach(Device::close);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 8, 50})
    void sequencesShareSteps(int sequences) {
        List<Device> devices = devices();
        try (ModelSource source = model("llama3-gqa");
                Device scalar = new CpuBackend().openScalar(OPTIONS)) {
            Graph graph = ModelFamilies.lower(source);
            int used = Math.min(devices.size(), graph.layers().size());
            try (Executor one = new Executor(graph, scalar, OpenClRuns.BATCH, Progress.NONE);
                    Executor several = new Executor(
                            graph,
                            even(graph.layers().size(), devices.subList(0, used)),
                            OpenClRuns.BATCH,
                            Progress.NONE)) {
                assertArrayEquals(together(one, sequences), together(several, sequences));
            }
        } finally {
            devices.forEach(Device::close);
        }
    }

    /** What each of some sequences chooses in some steps. */
    private static int[] together(Executor executor, int sequences) {
        int[] ids = new int[sequences * STEPS];
        List<Sequence> open = new ArrayList<>();
        try (Batch batch = executor.newBatch(sequences)) {
            for (int s = 0; s < sequences; s++) {
                open.add(executor.newSequence(CAPACITY, KvType.F32, batch));
            }
            for (int i = 0; i < STEPS; i++) {
                batch.clear();
                for (int s = 0; s < sequences; s++) {
                    int[] next = i == 0 ? PROMPT : new int[] {ids[s * STEPS + i - 1]};
                    batch.add(open.get(s), next, 0, i == 0 ? 1 + s % 4 : 1, 1);
                }
                batch.run();
                for (int s = 0; s < sequences; s++) {
                    ids[s * STEPS + i] = batch.bestToken(s);
                }
            }
        } finally {
            open.forEach(Sequence::close);
        }
        return ids;
    }
}
