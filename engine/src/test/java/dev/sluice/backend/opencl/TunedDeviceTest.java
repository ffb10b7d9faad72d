package dev.sluice.backend.opencl;

import static dev.sluice.backend.opencl.OpenClRuns.assertClose;
import static dev.sluice.backend.opencl.OpenClRuns.random;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.CompiledLayer;
import dev.sluice.backend.DeviceOptions;
import dev.sluice.backend.KvType;
import dev.sluice.backend.LayerState;
import dev.sluice.backend.Step;
import dev.sluice.backend.TuneReport;
import dev.sluice.graph.Activation;
import dev.sluice.graph.Layer;
import dev.sluice.graph.LayerBuilder;
import dev.sluice.graph.Op;
import dev.sluice.graph.Rotation;
import dev.sluice.tensor.DType;
import dev.sluice.tensor.Tensor;
import dev.sluice.tensor.TestBlocks;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Layers whose stages are each tuned in their own way, in both shapes of the kernels. */
class TunedDeviceTest {
    private static final int WIDTH = 64;

    @TempDir
    Path folder;

    static Stream<OpenClRuns.Variant> parallel() {
        return OpenClRuns.parallel();
    }

    private KnobLimits limits(OpenClRuns.Variant variant) {
        dev.sluice.opencl.DeviceInfo info =
                OpenClBackend.find(variant.info().id()).info();
        DeviceTuning base = variant.shape().equals("parallel")
                ? DeviceTuning.parallel(info, Set.of())
                : DeviceTuning.wide(info, VectorDot.NONE);
        return new KnobLimits(info, Set.of(), true, base);
    }

    private OpenClDevice open(OpenClRuns.Variant variant) {
        dev.sluice.opencl.Device device = OpenClBackend.find(variant.info().id());
        KnobLimits limits = limits(variant);
        Tunings tunings = Tunings.of(limits, TuningTable.EMPTY, TuningStore.of(folder, device, limits));
        return new OpenClDevice(
                variant.info(), device, new DeviceOptions(0, OpenClRuns.BATCH), tunings, OpenClRuns.CACHE);
    }

    private static Layer block() {
        LayerBuilder b = new LayerBuilder("block", Layer.Kind.BLOCK, WIDTH);
        Tensor gain = TestBlocks.floats("gain", random(WIDTH, 8), WIDTH);
        Rotation rotation = new Rotation(Rotation.Pairing.HALVES, new float[] {1, 0.1f, 0.01f, 0.001f}, 1);
        int u = b.add(new Op.RmsNorm(gain, 1e-5f, WIDTH), b.input());
        int q = b.add(new Op.Linear(TestBlocks.random(DType.Q4_0, WIDTH, 64, 1), null), u);
        int k = b.add(new Op.Linear(TestBlocks.random(DType.Q4_0, WIDTH, 32, 2), null), u);
        int v = b.add(new Op.Linear(TestBlocks.random(DType.Q4_0, WIDTH, 32, 3), null), u);
        q = b.add(new Op.Rope(4, 16, rotation), q);
        k = b.add(new Op.Rope(2, 16, rotation), k);
        int a = b.add(new Op.Attention(4, 2, 16, 0.25f, 0), q, k, v);
        int o = b.add(new Op.Linear(TestBlocks.random(DType.Q4_0, 64, WIDTH, 4), null), a);
        int x = b.add(new Op.Add(WIDTH), b.input(), o);
        int f = b.add(
                new Op.GatedFfn(
                        TestBlocks.random(DType.Q4_0, WIDTH, 96, 5),
                        TestBlocks.random(DType.Q4_0, WIDTH, 96, 6),
                        TestBlocks.random(DType.Q4_0, 96, WIDTH, 7),
                        Activation.SILU),
                b.add(new Op.RmsNorm(gain, 1e-5f, WIDTH), x));
        b.add(new Op.Add(WIDTH), x, f);
        return b.build();
    }

    /** A prompt, a few tokens and single ones, one after the other. */
    private static float[] results(OpenClDevice device, Layer layer) {
        List<float[]> all = new ArrayList<>();
        try (CompiledLayer compiled = device.compile(layer);
                LayerState state = Objects.requireNonNull(device.newState(compiled, 64, KvType.F32))) {
            int position = 0;
            for (int tokens : new int[] {33, 3, 1, 1}) {
                Step step = new Step(position, tokens, tokens);
                all.add(OpenClRuns.step(device, compiled, state, step, random(tokens * WIDTH, position)));
                position += tokens;
            }
        }
        float[] joined = new float[all.stream().mapToInt(x -> x.length).sum()];
        int at = 0;
        for (float[] one : all) {
            System.arraycopy(one, 0, joined, at, one.length);
            at += one.length;
        }
        return joined;
    }

    /** Each shape gets other values than the default, and on vector units than its neighbours where there are enough. */
    private static Map<String, TuningTable.Choice> odd(OpenClDevice device, Layer layer) {
        Map<String, TuningTable.Choice> choices = new LinkedHashMap<>();
        Tunings tunings = device.tunings();
        boolean scalar = device.tuning().lanes() == 1;
        int turn = 0;
        try (OpenClCompiledLayer compiled = (OpenClCompiledLayer) device.compile(layer)) {
            for (Stage stage : compiled.stages()) {
                for (Phase phase : Phase.values()) {
                    if (stage instanceof Linear linear) {
                        Map<Knob, Integer> values =
                                values(tunings, Knob.ofProduct(device.tuning().layout(), phase), turn++);
                        choices.put(
                                TuneKey.of(linear.product(), phase).text(),
                                new TuningTable.Choice(values, 2, tunings.kernels(DType.Q4_0)));
                    }
                }
            }
            Op.Attention op = layer.attention().orElseThrow();
            choices.put(
                    TuneKey.of(op, Phase.MANY).text(),
                    new TuningTable.Choice(
                            values(tunings, Knob.ofAttention(scalar, scalar, Phase.MANY), turn),
                            2,
                            tunings.kernels(op.headDim())));
            choices.put(
                    TuneKey.of(op, Phase.ONE).text(),
                    new TuningTable.Choice(
                            values(tunings, Knob.ofAttention(scalar, scalar, Phase.ONE), turn),
                            2,
                            tunings.kernels(op.headDim())));
        }
        return choices;
    }

    private static Map<Knob, Integer> values(Tunings tunings, List<Knob> knobs, int turn) {
        Map<Knob, Integer> values = new LinkedHashMap<>();
        for (Knob knob : knobs) {
            // Rounding has its own tests and limits.
            if (knob == Knob.ARITHMETIC || knob == Knob.DOT || knob == Knob.VECTOR_DOT) {
                continue;
            }
            List<Integer> other = knob.candidates().stream()
                    .filter(value -> value != knob.of(tunings.base()))
                    .filter(value -> tunings.limits().allow(knob, value))
                    .toList();
            if (!other.isEmpty()) {
                // Kernels for GPUs take CPU runtimes long to compile: one value besides the default will do there.
                boolean scalar = tunings.base().lanes() == 1;
                values.put(knob, other.get(scalar ? 0 : turn % other.size()));
            }
        }
        return values;
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("parallel")
    @Tag("slow")
    void whateverIsChosenForAGpuComputesTheSame(OpenClRuns.Variant variant) {
        whateverIsChosenComputesTheSame(variant);
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("wide")
    void whateverIsChosenComputesTheSame(OpenClRuns.Variant variant) {
        Layer layer = block();
        float[] expected;
        try (OpenClDevice device = open(variant)) {
            expected = results(device, layer);
            assertTrue(device.path().contains("default tuning"), device.path());
            device.tunings().keep(odd(device, layer));
        }
        try (OpenClDevice device = open(variant)) {
            assertClose(expected, results(device, layer), 4e-9, "tuned");
            assertTrue(device.path().contains(", tuned,"), device.path());
        }
    }

    static Stream<OpenClRuns.Variant> wide() {
        return OpenClRuns.variants().filter(variant -> variant.shape().equals("wide"));
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("wide")
    void everyShapeOfALayerIsMeasuredOnceAndKept(OpenClRuns.Variant variant) {
        LayerBuilder b = new LayerBuilder("head", Layer.Kind.HEAD, WIDTH);
        b.add(new Op.Linear(TestBlocks.random(DType.F32, WIDTH, 80, 1), null), b.input());
        Layer head = b.build();
        try (OpenClDevice device = open(variant)) {
            List<Long> progress = new ArrayList<>();
            long resident = device.availableBytes();
            TuneReport report = device.tune(List.of(head, head), false, (what, done, total) -> progress.add(done));
            assertEquals(
                    List.of("f32 64x80, one", "f32 64x80, many", "f32 64x80, few"),
                    report.rows().stream().map(TuneReport.Row::shape).toList());
            assertTrue(report.rows().stream().allMatch(TuneReport.Row::measured));
            assertEquals(List.of(0L, 1L), progress);
            // Only the activations stay, which all layers share.
            assertTrue(resident - device.availableBytes() < 1 << 20);
        }
        try (OpenClDevice device = open(variant)) {
            TuneReport report = device.tune(List.of(head), false, (what, done, total) -> {});
            assertEquals(3, report.rows().size());
            assertTrue(report.rows().stream().noneMatch(TuneReport.Row::measured));
            results(device, head, 5);
            assertTrue(device.path().contains(", tuned,"), device.path());
        }
    }

    private static void results(OpenClDevice device, Layer head, int tokens) {
        OpenClRuns.run(device, head, random(tokens * WIDTH, 1));
    }
}
