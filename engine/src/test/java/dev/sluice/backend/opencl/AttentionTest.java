package dev.sluice.backend.opencl;

import static dev.sluice.backend.opencl.OpenClRuns.assertClose;
import static dev.sluice.backend.opencl.OpenClRuns.random;

import dev.sluice.backend.CompiledLayer;
import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceOptions;
import dev.sluice.backend.KvType;
import dev.sluice.backend.LayerState;
import dev.sluice.backend.Step;
import dev.sluice.backend.cpu.CpuBackend;
import dev.sluice.graph.Layer;
import dev.sluice.graph.LayerBuilder;
import dev.sluice.graph.Op;
import dev.sluice.graph.Rotation;
import dev.sluice.tensor.DType;
import dev.sluice.tensor.Tensor;
import dev.sluice.tensor.TestBlocks;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * {@code attention.cl} and {@code rope.cl} within whole blocks, prompt pieces and single tokens in turn, against the
 * scalar code of the CPU device. Single tokens go through a block in one launch ({@link LayersKernel}) on devices that are
 * opened for it; on hasty ones, whose work-groups do not wait, they go through it a second time.
 */
class AttentionTest {
    private static final double LIMIT = 1e-9;

    /** Both sides round keys and values to f16, but now and then to different neighbours. */
    private static final double F16_LIMIT = 1e-6;

    /**
     * As with f16, but a neighbour is further away: a step of a block's scale, some 2.4/127 of what is usual there, in one of
     * the elements of a head that looks at one position.
     */
    private static double bytesLimit(int headDim) {
        return 2.4 / 127 * 2.4 / 127 / headDim;
    }

    private static final int CAPACITY = 90;

    /** Tokens of the steps: a prompt over several blocks of keys, single tokens, a piece that crosses a tile. */
    private static final int[] STEPS = {20, 1, 1, 37, 2, 1, 25, 1};

    static Stream<OpenClRuns.Variant> variants() {
        return Stream.concat(OpenClRuns.variants(), OpenClRuns.meetingVariants());
    }

    static Stream<OpenClRuns.Variant> parallel() {
        return OpenClRuns.parallel();
    }

    /** @param pairing of what is rotated; null where nothing is, as in models that leave positions to the mask */
    private record Shape(
            int heads, int kvHeads, int headDim, int window, boolean headNorms, Rotation.@Nullable Pairing pairing) {
        /** Projections of an input of 32 floats, the norms and rotation of heads, attention, the way back. */
        Layer block() {
            LayerBuilder b = new LayerBuilder("block of " + this, Layer.Kind.BLOCK, 32);
            Tensor gain = TestBlocks.floats("gain", random(headDim, 3), headDim);
            int q = b.add(new Op.Linear(TestBlocks.random(DType.F16, 32, (long) heads * headDim, 1), null), b.input());
            int k = b.add(
                    new Op.Linear(TestBlocks.random(DType.F16, 32, (long) kvHeads * headDim, 2), null), b.input());
            int v = b.add(
                    new Op.Linear(TestBlocks.random(DType.Q8_0, 32, (long) kvHeads * headDim, 3), null), b.input());
            if (headNorms) {
                q = b.add(new Op.RmsNorm(gain, 1e-6f, heads * headDim), q);
                k = b.add(new Op.RmsNorm(gain, 1e-6f, kvHeads * headDim), k);
            }
            if (pairing != null) {
                Rotation rotation = new Rotation(pairing, frequencies(), 1);
                q = b.add(new Op.Rope(heads, headDim, rotation), q);
                k = b.add(new Op.Rope(kvHeads, headDim, rotation), k);
            }
            float scale = (float) (0.5 / Math.sqrt(headDim));
            int a = b.add(new Op.Attention(heads, kvHeads, headDim, scale, window), q, k, v);
            int columns = heads * headDim;
            int o = b.add(new Op.Linear(TestBlocks.random(DType.F32, columns, 32, 4), null), a);
            b.add(new Op.Add(32), b.input(), o);
            return b.build();
        }

        private float[] frequencies() {
            float[] frequencies = new float[headDim / 2];
            for (int i = 0; i < frequencies.length; i++) {
                frequencies[i] = (float) Math.pow(10_000, -2.0 * i / headDim);
            }
            return frequencies;
        }
    }

    private static void compare(OpenClDevice device, Shape shape, KvType type, int[] steps) {
        Layer layer = shape.block();
        try (Device cpu = new CpuBackend().openScalar(new DeviceOptions(1, OpenClRuns.BATCH));
                CompiledLayer theirs = cpu.compile(layer);
                CompiledLayer ours = device.compile(layer);
                LayerState theirState = Objects.requireNonNull(cpu.newState(theirs, CAPACITY, type));
                LayerState ourState = Objects.requireNonNull(device.newState(ours, CAPACITY, type))) {
            int position = 0;
            for (int tokens : steps) {
                Step step = new Step(position, tokens, tokens);
                float[] x = random(tokens * 32, position);
                float[] expected = OpenClRuns.step(cpu, theirs, theirState, step, x);
                float[] actual = OpenClRuns.step(device, ours, ourState, step, x);
                double limit = switch (type) {
                    case F32 -> LIMIT;
                    case F16 -> F16_LIMIT;
                    case Q8_0 -> bytesLimit(shape.headDim());
                };
                assertClose(expected, actual, limit, shape + " " + type + " at " + position + " + " + tokens);
                position += tokens;
            }
        }
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("dev.sluice.backend.opencl.OpenClRuns#variants")
    void headsOfSomeSizesAgree(OpenClRuns.Variant variant) {
        headsAgree(variant, 24, 80);
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("dev.sluice.backend.opencl.OpenClRuns#variants")
    @Tag("slow")
    void headsOfOtherSizesAgree(OpenClRuns.Variant variant) {
        headsAgree(variant, 16, 40, 64, 128, 256);
    }

    private static void headsAgree(OpenClRuns.Variant variant, int... dims) {
        try (OpenClDevice device = variant.open()) {
            for (int dim : dims) {
                Shape shape = new Shape(4, 2, dim, 0, false, Rotation.Pairing.INTERLEAVED);
                compare(device, shape, KvType.F32, STEPS);
                if (dim == 24 || dim == 128) {
                    compare(device, shape, KvType.F16, STEPS);
                }
                if (dim == 40 || dim == 80) {
                    compare(device, shape, KvType.Q8_0, STEPS);
                }
            }
        }
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("variants")
    void windowsGroupsAndHeadNormsAgree(OpenClRuns.Variant variant) {
        try (OpenClDevice device = variant.open()) {
            compare(device, new Shape(4, 1, 24, 7, true, Rotation.Pairing.HALVES), KvType.F32, STEPS);
            compare(device, new Shape(4, 1, 40, 33, true, Rotation.Pairing.HALVES), KvType.Q8_0, STEPS);
            compare(device, new Shape(9, 3, 64, 0, true, Rotation.Pairing.HALVES), KvType.F16, STEPS);
            compare(device, new Shape(4, 2, 24, 33, false, null), KvType.F32, STEPS);
            compare(device, new Shape(4, 2, 24, 0, true, null), KvType.F32, STEPS);
        }
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("variants")
    @Tag("slow")
    void otherWindowsAndGroupsAgree(OpenClRuns.Variant variant) {
        try (OpenClDevice device = variant.open()) {
            for (int window : new int[] {1, 16, 33, 64}) {
                compare(device, new Shape(4, 1, 24, window, true, Rotation.Pairing.HALVES), KvType.F32, STEPS);
            }
            compare(device, new Shape(9, 3, 64, 0, true, Rotation.Pairing.HALVES), KvType.Q8_0, STEPS);
            compare(device, new Shape(3, 3, 16, 0, false, Rotation.Pairing.HALVES), KvType.F32, STEPS);
            compare(device, new Shape(16, 1, 16, 0, false, Rotation.Pairing.HALVES), KvType.F32, STEPS);
        }
    }

    /** The shortest shares of keys there are, so that short contexts are cut too. */
    private static OpenClDevice openDivided(OpenClRuns.Variant variant) {
        return variant.open(tuning -> tuning.with(new SplitTuning(128, 16, 1000)));
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("parallel")
    void sharesOfTheKeysOfOneTokenAgree(OpenClRuns.Variant variant) {
        int[] steps = {15, 1, 1, 20, 1, 33, 1, 1, 1};
        try (OpenClDevice device = openDivided(variant)) {
            for (int dim : new int[] {24, 80, 256}) {
                compare(device, new Shape(4, 2, dim, 0, true, Rotation.Pairing.INTERLEAVED), KvType.F32, steps);
            }
            compare(device, new Shape(8, 1, 64, 0, false, Rotation.Pairing.HALVES), KvType.F16, steps);
            compare(device, new Shape(4, 2, 80, 0, true, Rotation.Pairing.INTERLEAVED), KvType.Q8_0, steps);
            // More heads on a KV head than a group takes, and a number that groups do not divide.
            compare(device, new Shape(22, 2, 16, 0, true, Rotation.Pairing.HALVES), KvType.F32, steps);
            compare(device, new Shape(22, 2, 16, 33, true, Rotation.Pairing.HALVES), KvType.Q8_0, steps);
            for (int window : new int[] {1, 33, 64}) {
                compare(device, new Shape(4, 1, 24, window, true, Rotation.Pairing.HALVES), KvType.F16, steps);
            }
        }
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("parallel")
    @Tag("oclgrind")
    void aFewSharesAgree(OpenClRuns.Variant variant) {
        try (OpenClDevice device = openDivided(variant)) {
            Shape shape = new Shape(6, 2, 24, 0, true, Rotation.Pairing.HALVES);
            compare(device, shape, KvType.F16, new int[] {1, 37, 1, 1});
            compare(device, new Shape(6, 2, 40, 0, true, Rotation.Pairing.HALVES), KvType.Q8_0, new int[] {1, 37, 1, 1
            });
            compare(device, new Shape(9, 1, 16, 21, false, Rotation.Pairing.INTERLEAVED), KvType.F32, new int[] {35, 1
            });
        }
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("variants")
    @Tag("oclgrind")
    void aSmallBlockAgrees(OpenClRuns.Variant variant) {
        try (OpenClDevice device = variant.open()) {
            Shape shape = new Shape(4, 2, 24, 9, true, Rotation.Pairing.HALVES);
            compare(device, shape, KvType.F32, new int[] {5, 1, 13});
            compare(device, shape, KvType.F16, new int[] {3, 1});
            compare(device, new Shape(4, 2, 40, 9, true, Rotation.Pairing.HALVES), KvType.Q8_0, new int[] {5, 1, 13, 1
            });
        }
    }
}
