package dev.sluice.backend.opencl;

import static dev.sluice.backend.opencl.OpenClRuns.random;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.backend.CompiledLayer;
import dev.sluice.backend.KvType;
import dev.sluice.backend.LayerState;
import dev.sluice.backend.Step;
import dev.sluice.graph.Activation;
import dev.sluice.graph.Layer;
import dev.sluice.graph.LayerBuilder;
import dev.sluice.graph.Op;
import dev.sluice.graph.Rotation;
import dev.sluice.tensor.DType;
import dev.sluice.tensor.Tensor;
import dev.sluice.tensor.TestBlocks;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a launch costs is paid for each of them, so how many a layer takes is held. */
class LaunchesTest {
    private static final int WIDTH = 64;

    static Stream<OpenClRuns.Variant> variants() {
        return Stream.of(OpenClRuns.variants(), OpenClRuns.columns(), OpenClRuns.replaying())
                .flatMap(Function.identity());
    }

    /** A layer as Llama has it, all matrices in one format, with rotation or without. */
    private static Layer llama(boolean rotated) {
        LayerBuilder b = new LayerBuilder("block", Layer.Kind.BLOCK, WIDTH);
        Tensor gain = TestBlocks.floats("gain", random(WIDTH, 1), WIDTH);
        int u = b.add(new Op.RmsNorm(gain, 1e-5f, WIDTH), b.input());
        int q = b.add(new Op.Linear(matrix(WIDTH, WIDTH, 1), null), u);
        int k = b.add(new Op.Linear(matrix(WIDTH, 32, 2), null), u);
        int v = b.add(new Op.Linear(matrix(WIDTH, 32, 3), null), u);
        if (rotated) {
            Rotation rotation = new Rotation(Rotation.Pairing.INTERLEAVED, new float[] {1, 0.1f, 0.01f, 0.001f}, 1);
            q = b.add(new Op.Rope(4, 16, rotation), q);
            k = b.add(new Op.Rope(2, 16, rotation), k);
        }
        int a = b.add(new Op.Attention(4, 2, 16, 0.25f, 0), q, k, v);
        int o = b.add(new Op.Linear(matrix(WIDTH, WIDTH, 4), null), a);
        int h = b.add(new Op.Add(WIDTH), b.input(), o);
        int w = b.add(new Op.RmsNorm(gain, 1e-5f, WIDTH), h);
        Op.GatedFfn ffn =
                new Op.GatedFfn(matrix(WIDTH, 96, 5), matrix(WIDTH, 96, 6), matrix(96, WIDTH, 7), Activation.SILU);
        b.add(new Op.Add(WIDTH), h, b.add(ffn, w));
        return b.build();
    }

    private static Tensor matrix(int cols, int rows, int seed) {
        return TestBlocks.random(DType.Q8_0, cols, rows, seed);
    }

    private static long launches(OpenClDevice device, boolean rotated, int position) {
        try (CompiledLayer layer = device.compile(llama(rotated));
                LayerState state = Objects.requireNonNull(device.newState(layer, 90, KvType.F16))) {
            for (int at = 0; at < position; at += OpenClRuns.BATCH) {
                int tokens = Math.min(OpenClRuns.BATCH, position - at);
                OpenClRuns.step(device, layer, state, new Step(at, tokens, tokens), random(tokens * WIDTH, at));
            }
            long before = device.recorder().launches();
            OpenClRuns.step(device, layer, state, new Step(position, 1, 1), random(WIDTH, position));
            return device.recorder().launches() - before;
        }
    }

    /** Norm and projections; attention; what it shared out put together; output and sum; norm, gate, up, activation; down and sum. */
    @ParameterizedTest(name = "on {0}")
    @MethodSource("variants")
    void aTokenTakesSixLaunchesALayer(OpenClRuns.Variant variant) {
        boolean parallel = !variant.shape().endsWith("wide");
        try (OpenClDevice device = variant.open(t -> parallel ? t.with(new SplitTuning(128, 16, 1000)) : t)) {
            // Where the keys are one share, nothing has to be put together. Vector units have as many shares at any
            // position.
            boolean several = AttentionLanes.splits(2, device.limits().computeUnits()) > 1;
            for (boolean rotated : new boolean[] {true, false}) {
                assertEquals(parallel || several ? 6 : 5, launches(device, rotated, 80));
                assertEquals(!parallel && several ? 6 : 5, launches(device, rotated, 9));
            }
        }
    }
}
