package dev.sluice.backend.opencl;

import static dev.sluice.backend.opencl.OpenClRuns.assertClose;
import static dev.sluice.backend.opencl.OpenClRuns.random;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.backend.cpu.ScalarOps;
import dev.sluice.backend.tiles.RowTiles;
import dev.sluice.graph.Activation;
import dev.sluice.graph.Layer;
import dev.sluice.graph.LayerBuilder;
import dev.sluice.graph.Op;
import dev.sluice.tensor.DType;
import dev.sluice.tensor.Tensor;
import dev.sluice.tensor.TestBlocks;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Products with many tokens in bytes ({@code quantise.cl}, {@code matmul_bytes.cl}) and in halves. */
class ArithmeticTest {
    /** Against activations that are rounded to bytes as the kernel rounds them. */
    private static final double LIMIT = 1e-9;

    /** docs/PRECISION.md derives both. */
    private static final double BYTES_LIMIT = 2e-4;

    private static final double HALVES_LIMIT = 1e-5;

    static Stream<OpenClRuns.Variant> parallel() {
        return OpenClRuns.parallel();
    }

    private static OpenClDevice open(OpenClRuns.Variant variant, PlaneTuning.Arithmetic arithmetic) {
        return open(variant, arithmetic, PlaneTuning.Dot.PLAIN);
    }

    private static OpenClDevice open(
            OpenClRuns.Variant variant, PlaneTuning.Arithmetic arithmetic, PlaneTuning.Dot dot) {
        return variant.open(t -> t.with(t.planes().with(arithmetic, dot)));
    }

    private static Layer linear(Tensor weight) {
        LayerBuilder b = new LayerBuilder(
                "linear", Layer.Kind.BLOCK, Math.toIntExact(weight.shape().cols()));
        b.add(new Op.Linear(weight, null), b.input());
        return b.build();
    }

    /** 32 columns to a scale, as quantise.cl has it. */
    private static float[] rounded(float[] x) {
        float[] y = new float[x.length];
        for (int from = 0; from < x.length; from += 32) {
            float largest = 0;
            for (int i = from; i < from + 32; i++) {
                largest = Math.max(largest, Math.abs(x[i]));
            }
            float inverse = largest > 0 ? 127 / largest : 0;
            for (int i = from; i < from + 32; i++) {
                y[i] = (float) Math.rint(x[i] * inverse) * (largest / 127);
            }
        }
        return y;
    }

    private static int[] rowCounts(DType type) {
        return type.blockSize() == 256 ? new int[] {37} : new int[] {1, 70};
    }

    /** What all that a plane may hold is made of. */
    private static final Set<DType> SOME = EnumSet.of(DType.Q4_1, DType.Q8_0, DType.Q6_K);

    @ParameterizedTest(name = "on {0}")
    @MethodSource("parallel")
    void productsInBytesAgree(OpenClRuns.Variant variant) {
        productsInBytesAgree(variant, SOME);
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("parallel")
    @Tag("slow")
    void productsInBytesAgreeInOtherFormats(OpenClRuns.Variant variant) {
        productsInBytesAgree(variant, EnumSet.complementOf(EnumSet.copyOf(SOME)));
    }

    private static void productsInBytesAgree(OpenClRuns.Variant variant, Set<DType> types) {
        try (OpenClDevice device = open(variant, PlaneTuning.Arithmetic.BYTES)) {
            for (DType type : types) {
                // Formats without blocks are multiplied as they are.
                if (!RowTiles.supports(type) || type.blockSize() == 1) {
                    continue;
                }
                int cols = 3 * type.blockSize();
                for (int rows : rowCounts(type)) {
                    Tensor weight = TestBlocks.random(type, cols, rows, rows);
                    float[] x = random((rows == 1 ? 5 : 19) * cols, rows);
                    Arrays.fill(x, 0, 32, 0f);
                    float[] y = OpenClRuns.run(device, linear(weight), x);
                    String what = type + " [" + cols + ", " + rows + "]";
                    assertClose(ScalarOps.linear(weight, null, rounded(x)), y, rows == 1 ? 1e-7 : LIMIT, what);
                    assertClose(ScalarOps.linear(weight, null, x), y, BYTES_LIMIT, what + " against f32");
                }
            }
        }
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("parallel")
    void dotProductsOfTheDeviceAgree(OpenClRuns.Variant variant) {
        boolean there = OpenClBackend.find(variant.info().id())
                .info()
                .integerDotProduct()
                .packed();
        assumeTrue(there, "a device without cl_khr_integer_dot_product");
        Tensor weight = TestBlocks.random(DType.Q8_0, 96, 37, 3);
        float[] x = random(9 * 96, 4);
        float[] plain;
        try (OpenClDevice device = open(variant, PlaneTuning.Arithmetic.BYTES)) {
            plain = OpenClRuns.run(device, linear(weight), x);
        }
        try (OpenClDevice device = open(variant, PlaneTuning.Arithmetic.BYTES, PlaneTuning.Dot.KHR)) {
            // Integer sums are exact; a compiler may contract the float products around them otherwise.
            assertClose(plain, OpenClRuns.run(device, linear(weight), x), 1e-12, "KHR");
        }
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("parallel")
    @Tag("oclgrind")
    void aNetworkInBytesAgrees(OpenClRuns.Variant variant) {
        int width = 64;
        float[] gain = random(width, 8);
        Op.GatedFfn op = new Op.GatedFfn(
                TestBlocks.random(DType.Q4_1, width, 96, 1),
                TestBlocks.random(DType.Q4_1, width, 96, 2),
                TestBlocks.random(DType.F16, 96, width, 3),
                Activation.SILU);
        LayerBuilder b = new LayerBuilder("ffn", Layer.Kind.BLOCK, width);
        int u = b.add(new Op.RmsNorm(TestBlocks.floats("gain", gain, width), 1e-5f, width), b.input());
        b.add(new Op.Add(width), b.add(op, u), b.input());
        try (OpenClDevice device = open(variant, PlaneTuning.Arithmetic.BYTES)) {
            float[] x = random(9 * width, 4);
            float[] expected = ScalarOps.add(ScalarOps.gatedFfn(op, ScalarOps.rmsNorm(x, gain, 1e-5f)), x);
            // Two products of rounded numbers are multiplied with each other.
            assertClose(expected, OpenClRuns.run(device, b.build(), x), 3 * BYTES_LIMIT, "network");
        }
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("parallel")
    void whatIsNoNumberStaysNone(OpenClRuns.Variant variant) {
        Tensor weight = TestBlocks.random(DType.Q8_0, 64, 16, 1);
        try (OpenClDevice device = open(variant, PlaneTuning.Arithmetic.BYTES)) {
            float[] x = random(6 * 64, 1);
            x[64] = Float.NaN;
            x[2 * 64] = Float.POSITIVE_INFINITY;
            float[] y = OpenClRuns.run(device, linear(weight), x);
            for (int i = 0; i < y.length; i++) {
                assertTrue(Float.isNaN(y[i]) == (i / 16 == 1 || i / 16 == 2), "element " + i + ": " + y[i]);
            }
        }
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("parallel")
    void productsInHalvesAgree(OpenClRuns.Variant variant) {
        assumeTrue(OpenClBackend.find(variant.info().id()).info().fp16(), "a device without cl_khr_fp16");
        try (OpenClDevice device = open(variant, PlaneTuning.Arithmetic.HALVES)) {
            for (DType type : new DType[] {DType.F16, DType.Q5_1, DType.Q6_K}) {
                int cols = type.blockSize() == 1 ? 40 : 3 * type.blockSize();
                Tensor weight = TestBlocks.random(type, cols, 37, 1);
                for (int tokens : new int[] {13, 21}) {
                    float[] x = random(tokens * cols, 2);
                    float[] y = OpenClRuns.run(device, linear(weight), x);
                    assertClose(ScalarOps.linear(weight, null, x), y, HALVES_LIMIT, type + " × " + tokens);
                }
                // Some sums of 32 columns are beyond what f16 holds.
                float[] large = random(13 * cols, 3);
                for (int i = 0; i < large.length; i++) {
                    large[i] = Math.clamp(8_000 * large[i], -30_000, 30_000);
                }
                float[] y = OpenClRuns.run(device, linear(weight), large);
                assertClose(ScalarOps.linear(weight, null, large), y, HALVES_LIMIT, type + " with large numbers");
            }
        }
    }
}
