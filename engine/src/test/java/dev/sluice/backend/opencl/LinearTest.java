package dev.sluice.backend.opencl;

import static dev.sluice.backend.opencl.OpenClRuns.assertClose;
import static dev.sluice.backend.opencl.OpenClRuns.random;
import static dev.sluice.backend.opencl.OpenClRuns.run;

import dev.sluice.backend.CompiledLayer;
import dev.sluice.backend.Step;
import dev.sluice.backend.cpu.ScalarOps;
import dev.sluice.backend.tiles.RowTiles;
import dev.sluice.backend.tiles.WeightLayout;
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
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Products of all layouts of weights and what is fused into them, against the scalar definition. */
class LinearTest {
    /** docs/PRECISION.md derives it. */
    private static final double LIMIT = 1e-9;

    /** GELU rounds to f16: a result that falls on the other side of a rounding boundary differs by 2⁻¹¹. */
    private static final double GELU_LIMIT = 1e-7;

    private static final int[] TOKENS = {1, 2, 5, 16, 20};

    static Stream<OpenClRuns.Variant> variants() {
        return Stream.concat(OpenClRuns.variants(), OpenClRuns.columns());
    }

    static Stream<OpenClRuns.Variant> parallel() {
        return OpenClRuns.parallel();
    }

    static Stream<Arguments> formats() {
        return variants().flatMap(variant -> formats(variant, EnumSet.allOf(DType.class)));
    }

    /** Row columns beyond the first device, in formats that have all that a plane may hold. */
    static Stream<Arguments> someColumns() {
        return OpenClRuns.everyColumns()
                .skip(1)
                .flatMap(variant -> formats(variant, EnumSet.of(DType.F16, DType.Q8_0, DType.Q6_K)));
    }

    static Stream<Arguments> otherColumns() {
        return OpenClRuns.everyColumns()
                .skip(1)
                .flatMap(variant ->
                        formats(variant, EnumSet.complementOf(EnumSet.of(DType.F16, DType.Q8_0, DType.Q6_K))));
    }

    private static Stream<Arguments> formats(OpenClRuns.Variant variant, Set<DType> types) {
        return types.stream().filter(RowTiles::supports).map(type -> Arguments.of(variant, type));
    }

    private static Layer linear(Tensor weight, @org.jspecify.annotations.Nullable Tensor bias) {
        LayerBuilder b = new LayerBuilder(
                "linear", Layer.Kind.BLOCK, Math.toIntExact(weight.shape().cols()));
        b.add(new Op.Linear(weight, bias), b.input());
        return b.build();
    }

    @ParameterizedTest(name = "{1} on {0}")
    @MethodSource("otherColumns")
    @Tag("slow")
    void otherRowColumnsOfOddSizesAgree(OpenClRuns.Variant variant, DType type) {
        productsOfOddSizesAgree(variant, type);
    }

    @ParameterizedTest(name = "{1} on {0}")
    @MethodSource({"formats", "someColumns"})
    void productsOfOddSizesAgree(OpenClRuns.Variant variant, DType type) {
        int[] columns =
                type.blockSize() == 1 ? new int[] {7, 32, 40, 100} : new int[] {type.blockSize(), 3 * type.blockSize()};
        try (OpenClDevice device = variant.open()) {
            for (int rows : new int[] {1, 15, 17, 50}) {
                for (int cols : columns) {
                    Tensor weight = TestBlocks.random(type, cols, rows, rows * 31L + cols);
                    float[] values = random(rows, 5);
                    Tensor bias = rows == 15 ? TestBlocks.floats("bias", values, rows) : null;
                    for (int tokens : TOKENS) {
                        float[] x = random(tokens * cols, tokens);
                        float[] expected = ScalarOps.linear(weight, bias == null ? null : values, x);
                        // One row alone may cancel to nearly nothing; its error is measured against the sum of all.
                        String what = type + " [" + cols + ", " + rows + "] × " + tokens;
                        assertClose(expected, run(device, linear(weight, bias), x), rows == 1 ? 1e-7 : LIMIT, what);
                    }
                }
            }
        }
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("variants")
    @Tag("oclgrind")
    void smallProductsAgree(OpenClRuns.Variant variant) {
        try (OpenClDevice device = variant.open()) {
            for (DType type : DType.values()) {
                if (!RowTiles.supports(type)) {
                    continue;
                }
                int cols = type.blockSize() == 1 ? 39 : type.blockSize();
                Tensor weight = TestBlocks.random(type, cols, 17, 3);
                for (int tokens : new int[] {1, 5}) {
                    float[] x = random(tokens * cols, tokens);
                    float[] actual = run(device, linear(weight, null), x);
                    assertClose(ScalarOps.linear(weight, null, x), actual, LIMIT, type + " × " + tokens);
                }
            }
        }
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("variants")
    @Tag("oclgrind")
    void aNormASumAndSeveralMatricesShareALaunch(OpenClRuns.Variant variant) {
        int width = 64;
        float[] gainValues = random(width, 8);
        Tensor gain = TestBlocks.floats("gain", gainValues, width);
        Tensor square = TestBlocks.random(DType.Q5_1, width, width, 4);
        LayerBuilder b = new LayerBuilder("fused", Layer.Kind.BLOCK, width);
        int u = b.add(new Op.RmsNorm(gain, 1e-5f, width), b.input());
        int v = b.add(new Op.Linear(square, null), u);
        b.add(new Op.Add(width), b.input(), v);
        Layer layer = b.build();
        try (OpenClDevice device = variant.open()) {
            for (int tokens : TOKENS) {
                float[] x = random(tokens * width, tokens);
                float[] normed = ScalarOps.rmsNorm(x, gainValues, 1e-5f);
                float[] expected = ScalarOps.add(x, ScalarOps.linear(square, null, normed));
                assertClose(expected, run(device, layer, x), LIMIT, tokens + " tokens");
                assertClose(expected, inPlace(device, layer, x, tokens), LIMIT, tokens + " tokens in place");
            }
        }
    }

    /** Input and output in the same memory, which a product cannot do without a detour. */
    private static float[] inPlace(OpenClDevice device, Layer layer, float[] x, int tokens) {
        float[] y = new float[x.length];
        try (CompiledLayer compiled = device.compile(layer);
                var memory = device.allocate(4L * x.length)) {
            memory.write(0, java.lang.foreign.MemorySegment.ofArray(x));
            compiled.submit(new Step(0, tokens, tokens), memory, memory);
            memory.read(0, java.lang.foreign.MemorySegment.ofArray(y));
        }
        return y;
    }

    /** What devices with little local memory have. */
    @ParameterizedTest(name = "on {0}")
    @MethodSource("parallel")
    @Tag("oclgrind")
    void rowTilesWithARowForEachWorkItemAgree(OpenClRuns.Variant variant) {
        try (OpenClDevice device = variant.open(t -> t.with(WeightLayout.TILES))) {
            for (DType type : new DType[] {DType.F16, DType.Q5_1, DType.Q6_K}) {
                int cols = type.blockSize() == 1 ? 39 : type.blockSize();
                Tensor weight = TestBlocks.random(type, cols, 17, 3);
                for (int tokens : new int[] {1, 5}) {
                    float[] x = random(tokens * cols, tokens);
                    float[] actual = run(device, linear(weight, null), x);
                    assertClose(ScalarOps.linear(weight, null, x), actual, LIMIT, type + " × " + tokens);
                }
            }
        }
    }

    /** More columns than local memory holds at a time. */
    @ParameterizedTest(name = "on {0}")
    @MethodSource("variants")
    void rowsOfManyColumnsAgree(OpenClRuns.Variant variant) {
        int width = 8192 + 96;
        float[] gainValues = random(width, 8);
        Op.GatedFfn op = new Op.GatedFfn(
                TestBlocks.random(DType.Q8_0, width, 18, 1),
                TestBlocks.random(DType.Q8_0, width, 18, 2),
                TestBlocks.random(DType.F32, 18, width, 3),
                Activation.SILU);
        LayerBuilder b = new LayerBuilder("ffn", Layer.Kind.BLOCK, width);
        int u = b.add(new Op.RmsNorm(TestBlocks.floats("gain", gainValues, width), 1e-5f, width), b.input());
        b.add(op, u);
        try (OpenClDevice device = variant.open()) {
            for (int tokens : new int[] {1, 5}) {
                float[] x = random(tokens * width, tokens);
                float[] expected = ScalarOps.gatedFfn(op, ScalarOps.rmsNorm(x, gainValues, 1e-5f));
                // Large gates make an exponential of the products' errors.
                assertClose(expected, run(device, b.build(), x), 1e-8, tokens + " tokens");
            }
        }
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("variants")
    @Tag("oclgrind")
    void gatedNetworksAgreeWithOneAndWithTwoFormats(OpenClRuns.Variant variant) {
        int width = 64;
        int hidden = 96;
        try (OpenClDevice device = variant.open()) {
            for (DType upType : new DType[] {DType.Q4_0, DType.F16}) {
                for (Activation activation : Activation.values()) {
                    Op.GatedFfn op = new Op.GatedFfn(
                            TestBlocks.random(DType.Q4_0, width, hidden, 1),
                            TestBlocks.random(upType, width, hidden, 2),
                            TestBlocks.random(DType.Q8_0, hidden, width, 3),
                            activation);
                    LayerBuilder b = new LayerBuilder("ffn", Layer.Kind.BLOCK, width);
                    b.add(new Op.Add(width), b.add(op, b.input()), b.input());
                    Layer layer = b.build();
                    for (int tokens : new int[] {1, 3, 20}) {
                        float[] x = random(tokens * width, tokens);
                        float[] expected = ScalarOps.add(ScalarOps.gatedFfn(op, x), x);
                        double limit = activation == Activation.GELU_TANH ? GELU_LIMIT : LIMIT;
                        String what = activation + " with " + upType + " × " + tokens;
                        assertClose(expected, run(device, layer, x), limit, what);
                    }
                }
            }
        }
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("variants")
    @Tag("oclgrind")
    void theHeadComputesTheLastRowsOnly(OpenClRuns.Variant variant) {
        int width = 32;
        float[] gainValues = random(width, 8);
        Tensor table = TestBlocks.random(DType.Q8_0, width, 51, 9);
        LayerBuilder b = new LayerBuilder("head", Layer.Kind.HEAD, width);
        int u = b.add(new Op.RmsNorm(TestBlocks.floats("gain", gainValues, width), 1e-6f, width), b.input());
        b.add(new Op.Linear(table, null), u);
        try (OpenClDevice device = variant.open();
                CompiledLayer compiled = device.compile(b.build())) {
            float[] x = random(20 * width, 2);
            for (int rows : new int[] {1, 3, 17}) {
                float[] last = Arrays.copyOfRange(x, (20 - rows) * width, 20 * width);
                float[] expected = ScalarOps.linear(table, null, ScalarOps.rmsNorm(last, gainValues, 1e-6f));
                float[] actual = OpenClRuns.step(device, compiled, null, new Step(0, 20, rows), x);
                assertClose(expected, actual, LIMIT, rows + " rows");
            }
        }
    }
}
