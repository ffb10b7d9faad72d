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
import dev.sluice.tensor.DType;
import dev.sluice.tensor.Tensor;
import dev.sluice.tensor.TestBlocks;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** {@code matvec_dot.cl}, {@code round_tokens.cl} and {@code matmul_dot.cl} against the scalar definition. */
class RoundingProductTest {
    /** Of 15 bits (docs/PRECISION.md). */
    private static final double ONE_TOKEN = 1e-8;
    /** Of 8 bits. */
    private static final double MANY_TOKENS = 1e-4;

    private static final int[] TOKENS = {1, 2, 5, 12, 13, 40};

    static Stream<OpenClRuns.Variant> variants() {
        return OpenClRuns.roundingVariants();
    }

    static Stream<Arguments> formats() {
        return variants()
                .flatMap(variant -> Arrays.stream(DType.values())
                        .filter(type -> RowTiles.supports(type) && type.blockSize() > 1)
                        .map(type -> Arguments.of(variant, type)));
    }

    private static double limit(int tokens) {
        return tokens <= 4 ? ONE_TOKEN : MANY_TOKENS;
    }

    private static Layer linear(Tensor weight, @org.jspecify.annotations.Nullable Tensor bias) {
        LayerBuilder b = new LayerBuilder(
                "linear", Layer.Kind.BLOCK, Math.toIntExact(weight.shape().cols()));
        b.add(new Op.Linear(weight, bias), b.input());
        return b.build();
    }

    @ParameterizedTest(name = "{1} on {0}")
    @MethodSource("formats")
    @Tag("oclgrind")
    void productsOfOddSizesAgree(OpenClRuns.Variant variant, DType type) {
        try (OpenClDevice device = variant.open()) {
            for (int rows : new int[] {15, 17, 50}) {
                for (int cols : new int[] {type.blockSize(), 3 * type.blockSize()}) {
                    Tensor weight = TestBlocks.random(type, cols, rows, rows * 31L + cols);
                    float[] values = random(rows, 5);
                    Tensor bias = rows == 15 ? TestBlocks.floats("bias", values, rows) : null;
                    for (int tokens : TOKENS) {
                        float[] x = random(tokens * cols, tokens);
                        float[] expected = ScalarOps.linear(weight, bias == null ? null : values, x);
                        String what = type + " [" + cols + ", " + rows + "] × " + tokens;
                        assertClose(expected, run(device, linear(weight, bias), x), limit(tokens), what);
                    }
                }
            }
        }
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("variants")
    void aNormAndGatedProductsAgree(OpenClRuns.Variant variant) {
        int width = 64;
        int hidden = 96;
        float[] gainValues = random(width, 8);
        Tensor gain = TestBlocks.floats("gain", gainValues, width);
        try (OpenClDevice device = variant.open()) {
            for (DType upType : new DType[] {DType.Q4_0, DType.F16}) {
                Op.GatedFfn op = new Op.GatedFfn(
                        TestBlocks.random(DType.Q4_0, width, hidden, 1),
                        TestBlocks.random(upType, width, hidden, 2),
                        TestBlocks.random(DType.Q8_0, hidden, width, 3),
                        Activation.SILU);
                LayerBuilder b = new LayerBuilder("ffn", Layer.Kind.BLOCK, width);
                int u = b.add(new Op.RmsNorm(gain, 1e-5f, width), b.input());
                b.add(new Op.Add(width), b.add(op, u), b.input());
                Layer layer = b.build();
                for (int tokens : TOKENS) {
                    float[] x = random(tokens * width, tokens);
                    float[] normed = ScalarOps.rmsNorm(x, gainValues, 1e-5f);
                    float[] expected = ScalarOps.add(ScalarOps.gatedFfn(op, normed), x);
                    assertClose(expected, run(device, layer, x), 10 * limit(tokens), upType + " × " + tokens);
                }
            }
        }
    }

    /** A large block beside small ones: rounding to 8 bits alone would cost much more than it does anywhere else. */
    @ParameterizedTest(name = "on {0}")
    @MethodSource("variants")
    void whatIsLargeIsRoundedToFifteenBits(OpenClRuns.Variant variant) {
        int cols = 256;
        int tokens = 20;
        Tensor weight = TestBlocks.random(DType.Q4_0, cols, 33, 4);
        float[] x = random(tokens * cols, 1);
        for (int t = 0; t < tokens; t++) {
            for (int c = 64; c < 96; c++) {
                x[t * cols + c] *= 1000;
            }
        }
        try (OpenClDevice device = variant.open()) {
            assertClose(
                    ScalarOps.linear(weight, null, x), run(device, linear(weight, null), x), 1e-8, "one large block");
        }
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("variants")
    void whatIsNoNumberGivesNone(OpenClRuns.Variant variant) {
        int cols = 64;
        Tensor weight = TestBlocks.random(DType.Q8_0, cols, 16, 4);
        try (OpenClDevice device = variant.open()) {
            for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
                for (int tokens : new int[] {1, 14}) {
                    float[] x = new float[tokens * cols];
                    x[40] = bad;
                    float[] y = run(device, linear(weight, null), x);
                    for (int i = 0; i < y.length; i++) {
                        if (i < 16) {
                            assertTrue(Float.isNaN(y[i]), bad + " gave " + y[i]);
                        } else {
                            assertEquals(0, y[i], 0, "a token of zeros");
                        }
                    }
                }
            }
        }
    }
}
