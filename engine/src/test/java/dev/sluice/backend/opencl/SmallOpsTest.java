package dev.sluice.backend.opencl;

import static dev.sluice.backend.opencl.OpenClRuns.assertClose;
import static dev.sluice.backend.opencl.OpenClRuns.random;
import static dev.sluice.backend.opencl.OpenClRuns.run;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.CompiledLayer;
import dev.sluice.backend.DeviceMemory;
import dev.sluice.backend.Step;
import dev.sluice.backend.cpu.ScalarOps;
import dev.sluice.backend.tiles.RowTiles;
import dev.sluice.graph.Layer;
import dev.sluice.graph.LayerBuilder;
import dev.sluice.graph.Op;
import dev.sluice.graph.Rotation;
import dev.sluice.tensor.DType;
import dev.sluice.tensor.Tensor;
import dev.sluice.tensor.TestBlocks;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Embedding, norms, rotation, sums and arg-max, each alone, against the scalar definition. */
class SmallOpsTest {
    private static final double LIMIT = 1e-12;

    static Stream<OpenClRuns.Variant> variants() {
        return OpenClRuns.variants();
    }

    static Stream<OpenClRuns.Variant> layouts() {
        return Stream.concat(OpenClRuns.variants(), OpenClRuns.columns());
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("layouts")
    @Tag("oclgrind")
    void embeddingsOfEveryFormatAgree(OpenClRuns.Variant variant) {
        int[] ids = {0, 18, 15, 16, 3, 18};
        try (OpenClDevice device = variant.open()) {
            for (DType type : DType.values()) {
                if (RowTiles.supports(type)) {
                    int cols = type.blockSize() == 1 ? 39 : 2 * type.blockSize();
                    Op.Embed op = new Op.Embed(TestBlocks.random(type, cols, 19, 6), 1.5f);
                    float[] expected = ScalarOps.embed(op, ids);
                    assertClose(expected, embed(device, op, ids), LIMIT, type.toString());
                }
            }
        }
    }

    private static float[] embed(OpenClDevice device, Op.Embed op, int[] ids) {
        LayerBuilder b = new LayerBuilder("embedding", Layer.Kind.EMBEDDING, 1);
        b.add(op, b.input());
        float[] y = new float[ids.length * op.width()];
        try (CompiledLayer layer = device.compile(b.build());
                DeviceMemory in = device.allocate(4L * ids.length);
                DeviceMemory out = device.allocate(4L * y.length)) {
            in.write(0, MemorySegment.ofArray(ids));
            layer.submit(new Step(0, ids.length, 1), in, out);
            out.read(0, MemorySegment.ofArray(y));
        }
        return y;
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("variants")
    void anIdOutsideTheTableReadsNothingAndGivesNoNumber(OpenClRuns.Variant variant) {
        Op.Embed op = new Op.Embed(TestBlocks.random(DType.Q8_0, 32, 19, 6), 1);
        try (OpenClDevice device = variant.open()) {
            float[] y = embed(device, op, new int[] {19, -1, 7});
            for (int i = 0; i < 64; i++) {
                assertTrue(Float.isNaN(y[i]), "element " + i);
            }
            assertClose(ScalarOps.embed(op, new int[] {7}), Arrays.copyOfRange(y, 64, 96), LIMIT, "the known id");
        }
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("variants")
    @Tag("oclgrind")
    void normsOfWholeRowsAndOfRunsAgree(OpenClRuns.Variant variant) {
        try (OpenClDevice device = variant.open()) {
            for (int[] size : new int[][] {{7, 1}, {16, 3}, {40, 2}, {100, 1}}) {
                float[] gain = random(size[0], 1);
                Tensor tensor = TestBlocks.floats("gain", gain, size[0]);
                int width = size[0] * size[1];
                LayerBuilder alone = new LayerBuilder("norm", Layer.Kind.BLOCK, width);
                alone.add(new Op.RmsNorm(tensor, 1e-5f, width), alone.input());
                LayerBuilder summed = new LayerBuilder("norm and sum", Layer.Kind.BLOCK, width);
                int u = summed.add(new Op.RmsNorm(tensor, 1e-5f, width), summed.input());
                summed.add(new Op.Add(width), summed.input(), u);
                float[] x = random(3 * width, 2);
                float[] expected = ScalarOps.rmsNorm(x, gain, 1e-5f);
                assertClose(expected, run(device, alone.build(), x), LIMIT, Arrays.toString(size));
                float[] sum = ScalarOps.add(x, expected);
                assertClose(sum, run(device, summed.build(), x), LIMIT, Arrays.toString(size) + " summed");
            }
        }
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("variants")
    @Tag("oclgrind")
    void rotationsOfBothPairingsAgree(OpenClRuns.Variant variant) {
        float[] frequencies = {1f, 0.3f, 0.01f, 0.0007f, 0.00001f};
        try (OpenClDevice device = variant.open()) {
            for (Rotation.Pairing pairing : Rotation.Pairing.values()) {
                // A head of 12 keeps two elements beside the five pairs.
                Op.Rope op = new Op.Rope(3, 12, new Rotation(pairing, frequencies, 1.1f));
                LayerBuilder b = new LayerBuilder("rope", Layer.Kind.BLOCK, op.width());
                b.add(op, b.input());
                for (int position : new int[] {0, 5, 3001}) {
                    float[] x = random(4 * op.width(), position);
                    try (CompiledLayer layer = device.compile(b.build())) {
                        float[] y = OpenClRuns.step(device, layer, null, new Step(position, 4, 4), x);
                        assertClose(ScalarOps.rope(op, x, position), y, LIMIT, pairing + " at " + position);
                    }
                }
            }
        }
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("variants")
    @Tag("oclgrind")
    void sumsAreExact(OpenClRuns.Variant variant) {
        try (OpenClDevice device = variant.open()) {
            for (int width : new int[] {1, 16, 37}) {
                LayerBuilder b = new LayerBuilder("sum", Layer.Kind.BLOCK, width);
                b.add(new Op.Add(width), b.input(), b.input());
                float[] x = random(3 * width, width);
                assertArrayEquals(ScalarOps.add(x, x), run(device, b.build(), x));
            }
        }
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("variants")
    @Tag("oclgrind")
    void theFirstOfEqualsIsTheLargest(OpenClRuns.Variant variant) {
        try (OpenClDevice device = variant.open()) {
            for (int width : new int[] {1, 5, 16, 33, 1500}) {
                float[] x = random(5 * width, width);
                x[width - 1] = 9;
                x[width + width / 2] = 9;
                x[2 * width - 1] = 9;
                Arrays.fill(x, 2 * width, 3 * width, Float.NaN);
                x[3 * width] = Float.NaN;
                Arrays.fill(x, 4 * width, 5 * width, Float.NEGATIVE_INFINITY);
                int[] best = argMax(device, x, width);
                for (int row = 0; row < 5; row++) {
                    assertEquals(ScalarOps.argMax(x, row * width, width), best[row], "row " + row + " of " + width);
                }
            }
        }
    }

    private static int[] argMax(OpenClDevice device, float[] x, int width) {
        LayerBuilder b = new LayerBuilder("argmax", Layer.Kind.ARGMAX, width);
        b.add(new Op.ArgMax(width), b.input());
        int rows = x.length / width;
        int[] y = new int[rows];
        try (CompiledLayer layer = device.compile(b.build());
                DeviceMemory in = device.allocate(4L * x.length);
                DeviceMemory out = device.allocate(4L * rows)) {
            in.write(0, MemorySegment.ofArray(x));
            layer.submit(new Step(0, rows, rows), in, out);
            out.read(0, MemorySegment.ofArray(y));
        }
        return y;
    }
}
