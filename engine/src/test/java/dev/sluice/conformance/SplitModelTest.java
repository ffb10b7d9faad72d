package dev.sluice.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.TestFiles;
import dev.sluice.backend.CpuKernels;
import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceOptions;
import dev.sluice.backend.KvType;
import dev.sluice.backend.Precision;
import dev.sluice.formats.ModelFiles;
import dev.sluice.formats.ModelSource;
import dev.sluice.graph.Graph;
import dev.sluice.model.ModelFamilies;
import dev.sluice.plan.DeviceCatalog;
import dev.sluice.runtime.Assignment;
import dev.sluice.runtime.Batch;
import dev.sluice.runtime.Executor;
import dev.sluice.runtime.Progress;
import dev.sluice.runtime.Sequence;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Published models split over all devices in one process, against the CPU alone. Needs their files (scripts/fetch-model); runs with
 * the {@code conformance} profile.
 */
@Tag("conformance")
class SplitModelTest {
    private static final int STEPS = 24;
    private static final int CAPACITY = 64;
    private static final int BATCH_TOKENS = 32;
    private static final DeviceOptions OPTIONS = new DeviceOptions(2, BATCH_TOKENS, Precision.EXACT, CpuKernels.AUTO);

    /** What some sequences chose, a row each, and all logits that they chose from. */
    private record Run(List<List<Integer>> ids, List<float[]> logits) {}

    /** A logit may differ by twice what either computation may differ from another engine's ({@link RealModelTest}). */
    @ParameterizedTest(name = "{0}, {1} sequences")
    @CsvSource({
        "SmolLM2-135M-Instruct.Q4_1.gguf, 1, 2e-3",
        "SmolLM2-135M-Instruct.Q4_1.gguf, 8, 2e-3",
        "gemma-3-270m-Q4_K_M.gguf, 1, 4e-2",
        "gemma-3-270m-Q4_K_M.gguf, 8, 4e-2"
    })
    void severalDevicesComputeWhatOneComputes(String file, int sequences, double limit) {
        List<Device> devices = new ArrayList<>();
        try (ModelSource source = ModelFiles.open(TestFiles.model(file)
                .orElseGet(() -> Assumptions.abort("there is no " + file + ": scripts/fetch-model gets it")))) {
            Graph graph = ModelFamilies.lower(source);
            DeviceCatalog catalog = DeviceCatalog.discover();
            // The CPU last: what the others hand over must reach it, and it hands back the choice.
            for (String id : TestDevices.all().reversed()) {
                devices.add(catalog.open(catalog.select(id), OPTIONS));
            }
            assumeTrue(devices.size() > 1, "one device only");
            Run one = run(
                    graph,
                    List.of(Assignment.resident(
                            devices.getLast(), graph.layers().size())),
                    sequences);
            Run several = run(graph, even(graph.layers().size(), devices), sequences);
            double worst = 0;
            for (int i = 0; i < one.logits().size(); i++) {
                float[] expected = one.logits().get(i);
                float[] actual = several.logits().get(i);
                for (int t = 0; t < expected.length; t++) {
                    double difference = Math.abs(expected[t] - actual[t]);
                    assertTrue(difference <= limit, "logit " + t + " of choice " + i + ": " + difference);
                    worst = Math.max(worst, difference);
                }
            }
            assertEquals(one.ids(), several.ids());
            System.out.printf(
                    Locale.ROOT,
                    "%s over %d devices, %d sequences: largest difference of a logit %.1e%n",
                    file,
                    devices.size(),
                    sequences,
                    worst);
        } finally {
            devices.forEach(Device::close);
        }
    }

    private static List<Assignment> even(int layers, List<Device> devices) {
        List<Assignment> assignments = new ArrayList<>();
        int count = devices.size();
        for (int i = 0; i < count; i++) {
            assignments.add(Assignment.resident(devices.get(i), layers * (i + 1) / count - layers * i / count));
        }
        return assignments;
    }

    /** Greedy text of sequences that begin differently and share their steps. */
    private static Run run(Graph graph, List<Assignment> assignments, int sequences) {
        List<List<Integer>> ids = new ArrayList<>();
        List<float[]> logits = new ArrayList<>();
        List<Sequence> open = new ArrayList<>();
        try (Executor executor = new Executor(graph, assignments, BATCH_TOKENS, Progress.NONE);
                Batch batch = executor.newBatch(sequences)) {
            for (int s = 0; s < sequences; s++) {
                open.add(executor.newSequence(CAPACITY, KvType.F32, batch));
                ids.add(new ArrayList<>());
            }
            for (int step = 0; step < STEPS; step++) {
                batch.clear();
                for (int s = 0; s < sequences; s++) {
                    int[] next = step == 0
                            ? new int[] {2, 504 + 31 * s, 3575, 282 + s, 4649, 314}
                            : new int[] {ids.get(s).getLast()};
                    batch.add(open.get(s), next, 0, next.length, 1);
                }
                batch.run();
                for (int s = 0; s < sequences; s++) {
                    float[] row = new float[graph.vocabulary()];
                    batch.logits(s, 0, row);
                    logits.add(row);
                    ids.get(s).add(batch.bestToken(s));
                }
            }
        } finally {
            open.forEach(Sequence::close);
        }
        return new Run(ids, logits);
    }
}
