package dev.sluice.backend.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceOptions;
import dev.sluice.backend.KvType;
import dev.sluice.backend.cpu.CpuBackend;
import dev.sluice.error.DeviceFailure;
import dev.sluice.formats.ModelFiles;
import dev.sluice.formats.ModelSource;
import dev.sluice.graph.Graph;
import dev.sluice.model.ModelFamilies;
import dev.sluice.opencl.Buffer;
import dev.sluice.opencl.BuildOptions;
import dev.sluice.opencl.Kernel;
import dev.sluice.opencl.NDRange;
import dev.sluice.runtime.Assignment;
import dev.sluice.runtime.Executor;
import dev.sluice.runtime.Progress;
import dev.sluice.runtime.Recovery;
import dev.sluice.runtime.Sequence;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A device that does not answer in time, in the middle of a text. */
class HangTest {
    /** It computes for seconds, as no device could leave it out: each round needs the one before. */
    private static final String SLOW = """
            kernel void slow(global uint *x, uint rounds) {
                uint v = x[0];
                for (uint i = 0; i < rounds; i++) v = v * 1664525u + (v >> 3) + i;
                x[0] = v;
            }
            """;

    private static final int ROUNDS = (int) 4_000_000_000L;
    private static final int[] PROMPT = {3, 14, 15, 92, 65, 35, 89};
    private static final int TOKENS = 30;
    /** When all is compiled that the device will use. */
    private static final int LATE = 24;

    private static final DeviceOptions OPTIONS = new DeviceOptions(2, OpenClRuns.BATCH);

    static List<OpenClRuns.Variant> devices() {
        return OpenClRuns.variants()
                .filter(variant -> variant.shape().equals("wide"))
                .toList();
    }

    @BeforeEach
    void beImpatient() {
        System.setProperty("sluice.patience.seconds", "1");
    }

    @AfterEach
    void bePatient() {
        System.clearProperty("sluice.patience.seconds");
    }

    /** Goes on with the CPU. */
    private record OtherDevice(Device cpu, int layers, List<DeviceFailure> seen) implements Recovery {
        @Override
        public boolean isLast(DeviceFailure failure) {
            return false;
        }

        @Override
        public List<Assignment> without(DeviceFailure failure) {
            seen.add(failure);
            return List.of(Assignment.resident(cpu, layers));
        }

        @Override
        public void requireRight() {}
    }

    @ParameterizedTest
    @MethodSource("devices")
    void theTextGoesOnElsewhere(OpenClRuns.Variant variant) throws URISyntaxException {
        Path file = Path.of(Objects.requireNonNull(HangTest.class.getResource("/conformance/models/llama3-gqa.gguf"))
                .toURI());
        CpuBackend backend = new CpuBackend();
        try (ModelSource source = ModelFiles.open(file);
                Device cpu = backend.open(backend.discover().devices().getFirst(), OPTIONS);
                OpenClDevice device = variant.open()) {
            Graph graph = ModelFamilies.lower(source);
            int layers = graph.layers().size();
            List<DeviceFailure> seen = new ArrayList<>();
            List<Integer> expected;
            try (Executor alone = new Executor(graph, cpu, OpenClRuns.BATCH, Progress.NONE);
                    Sequence sequence = alone.newSequence(64, KvType.F32, 1)) {
                expected = text(sequence, () -> {});
            }
            try (Executor executor = new Executor(
                            graph,
                            List.of(Assignment.resident(device, layers)),
                            OpenClRuns.BATCH,
                            Progress.NONE,
                            new OtherDevice(cpu, layers, seen));
                    Sequence sequence = executor.newSequence(64, KvType.F32, 1)) {
                assertEquals(expected, text(sequence, () -> occupy(device)));
            }
            assertEquals(1, seen.size(), seen::toString);
            assertEquals(DeviceFailure.Phase.HANG, seen.getFirst().phase());
            assertTrue(
                    seen.getFirst().getMessage().contains(" hangs: no answer for "),
                    seen.getFirst().getMessage());
        }
    }

    /** Greedy text; something happens late in it. */
    private static List<Integer> text(Sequence sequence, Runnable event) {
        List<Integer> ids = new ArrayList<>();
        sequence.append(PROMPT, 0, PROMPT.length, 1);
        for (int i = 0; i < TOKENS; i++) {
            ids.add(sequence.bestToken());
            if (i == LATE) {
                event.run();
            }
            sequence.append(new int[] {ids.getLast()}, 0, 1, 1);
        }
        return ids;
    }

    private static void occupy(OpenClDevice device) {
        device.exclusively(queue -> {
            Kernel slow = queue.context().build(SLOW, BuildOptions.none()).kernel("slow");
            Buffer number = queue.context().newBuffer(64);
            queue.fill(number, 0, 64, 1);
            slow.args().buffer(number).i32(ROUNDS);
            queue.launch(slow, NDRange.of(1));
            queue.flush();
            // They are closed with the process: nothing of a device that hangs is given back.
        });
    }
}
