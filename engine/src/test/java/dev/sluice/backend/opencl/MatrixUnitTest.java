package dev.sluice.backend.opencl;

import static dev.sluice.backend.opencl.OpenClRuns.assertClose;
import static dev.sluice.backend.opencl.OpenClRuns.random;
import static dev.sluice.backend.opencl.OpenClRuns.run;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.cpu.ScalarOps;
import dev.sluice.backend.tiles.RowTiles;
import dev.sluice.graph.Activation;
import dev.sluice.graph.Layer;
import dev.sluice.graph.LayerBuilder;
import dev.sluice.graph.Op;
import dev.sluice.opencl.DeviceInfo;
import dev.sluice.tensor.BlockCodec;
import dev.sluice.tensor.DType;
import dev.sluice.tensor.Tensor;
import dev.sluice.tensor.TestBlocks;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Products by matrix units ({@code matmul_matrix.cl}): everything but the units' own instructions, whose place plain OpenCL C
 * takes on the devices that are here.
 */
class MatrixUnitTest {
    /** docs/PRECISION.md derives it. */
    private static final double LIMIT = 1e-6;

    /** Against weights and activations that are rounded to halves as the kernel rounds them. */
    private static final double ROUNDED_LIMIT = 1e-9;

    private static final MatrixUnit WMMA = unit(Capability.AMD_WMMA);

    private static MatrixUnit unit(Capability capability) {
        return Objects.requireNonNull(MatrixUnit.of(Set.of(capability)));
    }

    /** One device will do: the stand-in is the same plain text everywhere, and takes CPU runtimes long to compile. */
    static Stream<OpenClRuns.Variant> first() {
        return OpenClRuns.parallel().limit(1);
    }

    /** All units on one device, and one on the others. */
    static Stream<Arguments> units() {
        Stream<Arguments> all = first().flatMap(
                        variant -> MatrixUnit.ALL.stream().map(unit -> Arguments.of(variant, unit.capability())));
        return Stream.concat(
                all, OpenClRuns.parallel().skip(1).map(variant -> Arguments.of(variant, Capability.PTX_MMA)));
    }

    private static OpenClDevice open(OpenClRuns.Variant variant, MatrixUnit unit) {
        return variant.open(t -> t.with(t.planes().with(unit.emulation()).withQuads(8)));
    }

    private static Layer linear(Tensor weight, @Nullable Tensor bias) {
        LayerBuilder b = new LayerBuilder(
                "linear", Layer.Kind.BLOCK, Math.toIntExact(weight.shape().cols()));
        b.add(new Op.Linear(weight, bias), b.input());
        return b.build();
    }

    private static float[] halves(float[] x, float factor) {
        float[] rounded = new float[x.length];
        for (int i = 0; i < x.length; i++) {
            rounded[i] = Float.float16ToFloat(Float.floatToFloat16(x[i] * factor)) / factor;
        }
        return rounded;
    }

    private static void assertProduct(OpenClDevice device, Tensor weight, int tokens, String what) {
        float[] x = random(tokens * Math.toIntExact(weight.shape().cols()), tokens);
        float[] y = run(device, linear(weight, null), x);
        assertClose(ScalarOps.linear(weight, null, x), y, LIMIT, what);
        Tensor rounded = TestBlocks.floats(
                "rounded",
                halves(BlockCodec.floats(weight), 1),
                weight.shape().cols(),
                weight.shape().rows());
        assertClose(ScalarOps.linear(rounded, null, halves(x, 0.25f)), y, ROUNDED_LIMIT, what + ", rounded alike");
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("first")
    void productsInSomeFormatsAgree(OpenClRuns.Variant variant) {
        assertProducts(variant, Stream.of(DType.F16, DType.Q6_K));
    }

    @Tag("slow")
    @ParameterizedTest(name = "on {0}")
    @MethodSource("first")
    void productsInEveryFormatAgree(OpenClRuns.Variant variant) {
        assertProducts(variant, Stream.of(DType.values()).filter(RowTiles::supports));
    }

    private static void assertProducts(OpenClRuns.Variant variant, Stream<DType> types) {
        try (OpenClDevice device = open(variant, WMMA)) {
            types.forEach(type -> {
                int cols = type.blockSize() == 1 ? 39 : type.blockSize();
                assertProduct(device, TestBlocks.random(type, cols, 37, 3), 11, type.name());
            });
        }
    }

    @ParameterizedTest(name = "{1} on {0}")
    @MethodSource("units")
    void productsOfOddSizesAgreeByEveryUnit(OpenClRuns.Variant variant, Capability capability) {
        try (OpenClDevice device = open(variant, unit(capability))) {
            for (int cols : new int[] {7, 100}) {
                for (int rows : new int[] {15, 81}) {
                    Tensor weight = TestBlocks.random(DType.F32, cols, rows, 3);
                    for (int tokens : new int[] {9, 40}) {
                        assertProduct(device, weight, tokens, "[" + cols + ", " + rows + "] × " + tokens);
                    }
                }
            }
        }
    }

    /** Halves of a sub-group's rows are of different matrices then. */
    @ParameterizedTest(name = "{1} on {0}")
    @MethodSource("units")
    void aNetworkAgreesByEveryUnit(OpenClRuns.Variant variant, Capability capability) {
        int width = 64;
        float[] gain = random(width, 8);
        Op.GatedFfn op = new Op.GatedFfn(
                TestBlocks.random(DType.F32, width, 72, 1),
                TestBlocks.random(DType.F32, width, 72, 2),
                TestBlocks.random(DType.F32, 72, width, 3),
                Activation.SILU);
        LayerBuilder b = new LayerBuilder("ffn", Layer.Kind.BLOCK, width);
        int u = b.add(new Op.RmsNorm(TestBlocks.floats("gain", gain, width), 1e-5f, width), b.input());
        b.add(new Op.Add(width), b.add(op, u), b.input());
        try (OpenClDevice device = open(variant, unit(capability))) {
            for (int tokens : new int[] {9, 21}) {
                float[] x = random(tokens * width, 4);
                float[] expected = ScalarOps.add(ScalarOps.gatedFfn(op, ScalarOps.rmsNorm(x, gain, 1e-5f)), x);
                // Two products of rounded numbers are multiplied with each other, and their product is rounded.
                assertClose(expected, run(device, b.build(), x), 10 * LIMIT, tokens + " tokens");
            }
        }
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("first")
    void largeTilesWithABiasAgree(OpenClRuns.Variant variant) {
        int rows = 150;
        int cols = 64;
        Tensor weight = TestBlocks.random(DType.Q8_0, cols, rows, 3);
        float[] bias = random(rows, 5);
        float[] x = random(33 * cols, 6);
        try (OpenClDevice device =
                variant.open(t -> t.with(t.planes().with(WMMA.emulation()).withQuads(16)))) {
            float[] y = run(device, linear(weight, TestBlocks.floats("bias", bias, rows)), x);
            assertClose(ScalarOps.linear(weight, bias, x), y, LIMIT, "bias");
            // Sums are beyond what f16 holds.
            float[] large = random(33 * cols, 7);
            for (int i = 0; i < large.length; i++) {
                large[i] = Math.clamp(50_000 * large[i], -200_000, 200_000);
            }
            y = run(device, linear(weight, null), large);
            assertClose(ScalarOps.linear(weight, null, large), y, LIMIT, "large numbers");
            assertTrue(device.path().contains("matrix units"), device.path());
        }
    }

    @Test
    void aUnitIsUsedWhereItIsThereAndRoundingAllowed() {
        DeviceInfo info = Objects.requireNonNull(AbsentGpus.all().get("intel-arc"));
        Set<Capability> capabilities = Set.of(Capability.FP16, Capability.INTEL_MATRIX_8);
        DeviceTuning tuning = DeviceTuning.of(info, capabilities);
        assertEquals(PlaneTuning.Arithmetic.MATRIX, tuning.planes().arithmetic());
        assertEquals(unit(Capability.INTEL_MATRIX_8), tuning.planes().unit());
        DeviceTuning exact = DeviceTuning.of(info, Set.of());
        assertEquals(PlaneTuning.Arithmetic.FLOATS, exact.planes().arithmetic());
        int matrix = Knob.ARITHMETIC.parse("matrix");
        assertTrue(!new KnobLimits(info, Set.of(), false, exact).allow(Knob.ARITHMETIC, matrix));
        assertTrue(!new KnobLimits(info, Set.of(Capability.FP16), true, exact).allow(Knob.ARITHMETIC, matrix));
        PlaneTuning halves = tuning.planes().with(PlaneTuning.Arithmetic.HALVES, PlaneTuning.Dot.PLAIN);
        assertTrue(new KnobLimits(info, capabilities, true, tuning.with(halves)).allow(Knob.ARITHMETIC, matrix));
    }

    @Test
    void noGroupIsLargerThanItsDeviceTakes() {
        AbsentGpus.all().forEach((name, info) -> {
            DeviceTuning tuning = DeviceTuning.of(info, AbsentGpus.capabilities(name));
            MatrixUnit unit = tuning.planes().unit();
            for (int quads : new int[] {4, 8, 16}) {
                if (unit != null) {
                    assertTrue(MatMulMatrix.items(quads, unit) <= info.maxWorkGroupSize(), name);
                }
            }
        });
    }
}
