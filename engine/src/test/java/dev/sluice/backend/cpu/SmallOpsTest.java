package dev.sluice.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.CompiledLayer;
import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceMemory;
import dev.sluice.backend.Step;
import dev.sluice.graph.Activation;
import dev.sluice.graph.Layer;
import dev.sluice.graph.LayerBuilder;
import dev.sluice.graph.Op;
import dev.sluice.graph.Rotation;
import dev.sluice.tensor.DType;
import dev.sluice.tensor.Tensor;
import dev.sluice.tensor.TestBlocks;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class SmallOpsTest {
    private static final double UNIT = 0x1p-24;

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void normsOfAnyRunLength(boolean scalar) {
        for (int run : new int[] {1, 3, 16, 24, 31, 64, 100, 576}) {
            for (int threads : new int[] {1, 2, 3}) {
                float[] gain = Runs.normal(run, run);
                float[] x = Runs.normal(5 * 2 * run, 7);
                Op.RmsNorm op = new Op.RmsNorm(TestBlocks.floats("gain", gain, run), 1e-5f, 2 * run);
                try (Device device = Runs.open(scalar, threads, 5)) {
                    float[] y = Runs.run(device, op, 2 * run, x);
                    float[] expected = ScalarOps.rmsNorm(x, gain, 1e-5f);
                    for (int i = 0; i < y.length; i++) {
                        // Five roundings: mean, root, quotient, two products.
                        assertEquals(expected[i], y[i], 6 * UNIT * Math.abs(expected[i]), "run " + run);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Rotation.Pairing.class)
    void rotationsOfAllOrPartOfAHead(Rotation.Pairing pairing) {
        for (int pairs : new int[] {1, 5, 16, 20}) {
            float[] frequencies = new float[pairs];
            for (int i = 0; i < pairs; i++) {
                frequencies[i] = (float) Math.pow(10000, -(double) i / pairs);
            }
            Op.Rope op = new Op.Rope(3, 40, new Rotation(pairing, frequencies, 1.25f));
            float[] x = Runs.normal(4 * 120, pairs);
            for (boolean scalar : new boolean[] {true, false}) {
                try (Device device = Runs.open(scalar, 2, 4);
                        CompiledLayer layer = device.compile(Runs.layer(op, Layer.Kind.BLOCK, 120))) {
                    for (int position : new int[] {0, 1, 4095}) {
                        float[] y = Runs.run(device, layer, new Step(position, 4, 0), x, null);
                        float[] expected = ScalarOps.rope(op, x, position);
                        for (int i = 0; i < y.length; i++) {
                            // Sine and cosine, two products, a sum: half a unit each of numbers up to 1.25 · 2 · 5.
                            assertEquals(expected[i], y[i], 4 * UNIT * 12.5, "position " + position);
                        }
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Activation.class)
    void gatedNetworks(Activation activation) {
        for (int hidden : new int[] {1, 16, 33, 100}) {
            Tensor gate = TestBlocks.random(DType.F32, 24, hidden, 1);
            Tensor up = TestBlocks.random(DType.F32, 24, hidden, 2);
            Tensor down = TestBlocks.random(DType.F32, hidden, 40, 3);
            Op.GatedFfn op = new Op.GatedFfn(gate, up, down, activation);
            for (int tokens : new int[] {1, 7}) {
                float[] x = Runs.normal(tokens * 24, 4);
                float[] expected = ScalarOps.gatedFfn(op, x);
                for (boolean scalar : new boolean[] {true, false}) {
                    try (Device device = Runs.open(scalar, 3, 7)) {
                        float[] y = Runs.run(device, op, 24, x);
                        for (int i = 0; i < y.length; i++) {
                            // A gate on the other side of a half's boundary moves one product by 2⁻¹¹ of itself.
                            double limit = activation == Activation.SILU ? 200 * UNIT * hidden : 0x1p-11 * 20;
                            assertEquals(expected[i], y[i], limit, activation + " " + hidden);
                        }
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void sumsAreExact(boolean scalar) {
        for (int width : new int[] {1, 17, 576}) {
            Tensor identity = TestBlocks.floats("twice", diagonal(width, 2), width, width);
            LayerBuilder b = new LayerBuilder("sum", Layer.Kind.BLOCK, width);
            int twice = b.add(new Op.Linear(identity, null), b.input());
            b.add(new Op.Add(width), b.input(), twice);
            float[] x = Runs.normal(3 * width, width);
            try (Device device = Runs.open(scalar, 2, 3);
                    CompiledLayer layer = device.compile(b.build());
                    DeviceMemory memory = device.allocate(4L * x.length)) {
                memory.write(0, MemorySegment.ofArray(x));
                layer.submit(new Step(0, 3, 0), memory, memory).await();
                float[] y = new float[x.length];
                memory.read(0, MemorySegment.ofArray(y));
                for (int i = 0; i < y.length; i++) {
                    assertEquals(3 * x[i], y[i], Math.ulp(3 * x[i]), "in place");
                }
            }
        }
    }

    private static float[] diagonal(int n, float value) {
        float[] w = new float[n * n];
        for (int i = 0; i < n; i++) {
            w[i * n + i] = value;
        }
        return w;
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void theFirstOfTheLargestIsChosen(boolean scalar) {
        for (int width : new int[] {1, 5, 16, 17, 100, 1003}) {
            float[] x = Runs.normal(5 * width, width);
            Arrays.fill(x, 4 * width, 5 * width, Float.NaN);
            Arrays.fill(x, width, 2 * width, 1f);
            Arrays.fill(x, 2 * width, 3 * width, Float.NEGATIVE_INFINITY);
            x[3 * width + width / 2] = 50;
            x[4 * width - 1] = 50;
            x[3 * width] = Float.NaN;
            Layer layer = Runs.layer(new Op.ArgMax(width), Layer.Kind.ARGMAX, width);
            try (Device device = Runs.open(scalar, 2, 5);
                    CompiledLayer compiled = device.compile(layer)) {
                float[] y = Runs.run(device, compiled, new Step(0, 5, 5), x, null);
                assertEquals(-1, Float.floatToRawIntBits(y[4]));
                for (int t = 0; t < 5; t++) {
                    assertEquals(
                            ScalarOps.argMax(x, t * width, width),
                            Float.floatToRawIntBits(y[t]),
                            "row " + t + " of " + width);
                }
                assertEquals(0, Float.floatToRawIntBits(y[1]));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void rowsOfTheTableAreScaled(boolean scalar) {
        Op.Embed op = new Op.Embed(TestBlocks.random(DType.Q4_K, 256, 9, 3), 16f);
        int[] ids = {8, 0, 3};
        try (Device device = Runs.open(scalar, 2, 3);
                CompiledLayer layer = device.compile(Runs.layer(op, Layer.Kind.EMBEDDING, 1))) {
            float[] bits = new float[3];
            MemorySegment.ofArray(bits).copyFrom(MemorySegment.ofArray(ids));
            assertArrayEquals(ScalarOps.embed(op, ids), Runs.run(device, layer, new Step(0, 3, 0), bits, null));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void theHeadReadsTheLastRowsWanted(boolean scalar) {
        Tensor w = TestBlocks.random(DType.F32, 8, 30, 5);
        float[] x = Runs.normal(5 * 8, 6);
        try (Device device = Runs.open(scalar, 2, 5);
                CompiledLayer layer = device.compile(Runs.layer(new Op.Linear(w, null), Layer.Kind.HEAD, 8))) {
            float[] y = Runs.run(device, layer, new Step(0, 5, 2), x, null);
            float[] expected = ScalarOps.linear(w, null, Arrays.copyOfRange(x, 3 * 8, 5 * 8));
            for (int i = 0; i < expected.length; i++) {
                assertEquals(expected[i], y[i], 1e-5);
            }
            assertTrue(expected[0] != 0);
        }
    }
}
