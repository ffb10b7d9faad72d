package dev.sluice.backend.opencl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceOptions;
import dev.sluice.backend.KvType;
import dev.sluice.backend.cpu.CpuBackend;
import dev.sluice.error.SluiceException;
import dev.sluice.formats.ModelFiles;
import dev.sluice.formats.ModelSource;
import dev.sluice.model.ModelFamilies;
import dev.sluice.runtime.Executor;
import dev.sluice.runtime.GreedyRun;
import dev.sluice.runtime.Progress;
import dev.sluice.runtime.Sequence;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Steps that are on their way before the one before them is known, against steps one by one on the scalar device. */
class GreedyRunTest {
    private static final int[] PROMPT = {3, 14, 15, 92, 65};
    private static final int CAPACITY = 40;
    private static final int TOKENS = CAPACITY - PROMPT.length;

    /** A device, closed by who opened it. */
    private record Opened(String name, Supplier<Device> device) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Opened> devices() {
        CpuBackend cpu = new CpuBackend();
        Opened fast = new Opened(
                "cpu", () -> cpu.open(cpu.discover().devices().getFirst(), new DeviceOptions(2, OpenClRuns.BATCH)));
        // Hasty work-groups never meet, so all is taken again.
        return Stream.concat(
                Stream.of(fast),
                Stream.of(
                                OpenClRuns.parallel(),
                                OpenClRuns.columns(),
                                OpenClRuns.meetingVariants(),
                                OpenClRuns.replaying())
                        .flatMap(Function.identity())
                        .map(variant -> new Opened(variant.toString(), variant::open)));
    }

    private static ModelSource model() {
        try {
            return ModelFiles.open(Path.of(
                    Objects.requireNonNull(GreedyRunTest.class.getResource("/conformance/models/llama3-gqa.gguf"))
                            .toURI()));
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    private static Executor executor(ModelSource source, Device device) {
        return new Executor(ModelFamilies.lower(source), device, OpenClRuns.BATCH, Progress.NONE);
    }

    private static int[] oneByOne(ModelSource source) {
        int[] ids = new int[TOKENS + 1];
        try (Device device = new CpuBackend().openScalar(new DeviceOptions(2, OpenClRuns.BATCH));
                Executor executor = executor(source, device);
                Sequence sequence = executor.newSequence(CAPACITY, KvType.F32, 1)) {
            sequence.append(PROMPT, 0, PROMPT.length, 1);
            for (int i = 0; i <= TOKENS; i++) {
                ids[i] = sequence.bestToken();
                if (i < TOKENS) {
                    sequence.append(new int[] {ids[i]}, 0, 1, 1);
                }
            }
        }
        return ids;
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("devices")
    void stepsOnTheirWayChooseWhatStepsOneByOneChoose(Opened opened) {
        try (ModelSource source = model();
                Device device = opened.device().get();
                Executor executor = executor(source, device);
                Sequence sequence = executor.newSequence(CAPACITY, KvType.F32, 1)) {
            int[] expected = oneByOne(source);
            int[] actual = new int[expected.length];
            sequence.append(PROMPT, 0, PROMPT.length, 1);
            actual[0] = sequence.bestToken();
            int at = 0;
            // The first run is left while a step is on its way; the text goes on as if that had not been.
            for (int most : new int[] {TOKENS - 3, TOKENS}) {
                int until = at == 0 ? 7 : TOKENS;
                try (GreedyRun run = sequence.greedy(actual[at], most - at)) {
                    while (at < until) {
                        actual[++at] = run.next();
                    }
                    assertEquals(PROMPT.length + at, sequence.position());
                }
            }
            assertArrayEquals(expected, actual);
        }
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("devices")
    void aRunEndsWhereItWasToldToAndHasItsSequenceForItself(Opened opened) {
        try (ModelSource source = model();
                Device device = opened.device().get();
                Executor executor = executor(source, device);
                Sequence sequence = executor.newSequence(CAPACITY, KvType.F32, 1)) {
            assertThrows(SluiceException.class, () -> sequence.greedy(1, CAPACITY + 1));
            assertThrows(SluiceException.class, () -> sequence.greedy(-1, 2));
            assertThrows(IllegalArgumentException.class, () -> sequence.greedy(1, 0));
            GreedyRun run = sequence.greedy(1, 2);
            run.next();
            run.next();
            assertThrows(IllegalStateException.class, run::next);
            run.close();
            run.close();
            assertThrows(IllegalStateException.class, run::next);
            try (GreedyRun other = sequence.greedy(1, 5)) {
                other.next();
                sequence.truncate(1);
                assertThrows(IllegalStateException.class, other::next);
            }
        }
    }
}
