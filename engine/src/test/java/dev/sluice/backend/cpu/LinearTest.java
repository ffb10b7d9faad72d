package dev.sluice.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.Device;
import dev.sluice.graph.Op;
import dev.sluice.tensor.BlockCodec;
import dev.sluice.tensor.DType;
import dev.sluice.tensor.Tensor;
import dev.sluice.tensor.TestBlocks;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LinearTest {
    private static final String COMPUTED = "F32|F16|BF16|Q8_0|Q[45]_[01]|Q[456]_K";
    private static final double UNIT = 0x1p-24;

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.MATCH_ANY, names = COMPUTED)
    void productsAreWithinTheRoundingOfTheirSums(DType type) {
        int block = type.blockSize();
        int[] columns = {block, block == 1 ? 47 : 3 * block, block == 1 ? 1077 : 1024 + block};
        for (int threads : new int[] {1, 2, 3}) {
            try (Device device = Runs.open(false, threads, 16)) {
                for (int cols : columns) {
                    for (int rows : new int[] {1, 15, 16, 17, 33, 70}) {
                        for (int tokens : new int[] {1, 2, 6, 13}) {
                            check(device, TestBlocks.random(type, cols, rows, rows + cols), tokens);
                        }
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.MATCH_ANY, names = COMPUTED)
    void scalarDeviceGivesTheDefinition(DType type) {
        Tensor w = TestBlocks.random(type, 2L * type.blockSize(), 21, 5);
        float[] x = Runs.normal(3 * 2 * type.blockSize(), 6);
        try (Device device = Runs.open(true, 2, 4)) {
            float[] y = Runs.run(device, new Op.Linear(w, null), 2 * type.blockSize(), x);
            assertArrayEquals(ScalarOps.linear(w, null, x), y);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            names = {"F32", "F16", "BF16"})
    void oneTokenGivesTheBitsOfMany(DType type) {
        Tensor w = TestBlocks.random(type, 101, 40, 8);
        float[] x = Runs.normal(7 * 101, 9);
        try (Device device = Runs.open(false, 2, 8)) {
            float[] many = Runs.run(device, new Op.Linear(w, null), 101, x);
            for (int t = 0; t < 7; t++) {
                float[] row = java.util.Arrays.copyOfRange(x, t * 101, (t + 1) * 101);
                float[] one = Runs.run(device, new Op.Linear(w, null), 101, row);
                assertArrayEquals(java.util.Arrays.copyOfRange(many, t * 40, (t + 1) * 40), one);
            }
        }
    }

    private static void check(Device device, Tensor w, int tokens) {
        int cols = (int) w.shape().cols();
        int rows = (int) w.shape().rows();
        float[] x = Runs.normal(tokens * cols, tokens);
        float[] bias = Runs.normal(rows, rows);
        Tensor biasTensor = TestBlocks.floats("bias", bias, rows);
        float[] y = Runs.run(device, new Op.Linear(w, biasTensor), cols, x);
        float[] expected = ScalarOps.linear(w, bias, x);
        float[] weights = BlockCodec.floats(w);
        for (int t = 0; t < tokens; t++) {
            for (int r = 0; r < rows; r++) {
                double magnitude = Math.abs(bias[r]);
                for (int c = 0; c < cols; c++) {
                    // A format's offset is at most 1 in random blocks, and added apart from the quants.
                    magnitude += (Math.abs(weights[r * cols + c]) + 1) * Math.abs(x[t * cols + c]);
                }
                // Higham and Mary 2019 with λ = 6; the longest chain is a part, the parts, and a group's four sums.
                double chain = PanelProduct.PART + (double) cols / 32 + 8;
                double limit = 6 * Math.sqrt(chain) * UNIT * magnitude;
                double error = Math.abs((double) y[t * rows + r] - expected[t * rows + r]);
                assertTrue(
                        error <= limit,
                        w.type() + " [" + cols + ", " + rows + "] token " + t + " of " + tokens + " row " + r + ": "
                                + error + " > " + limit);
            }
        }
    }
}
