package dev.sluice.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.tiles.RowTiles;
import dev.sluice.graph.Op;
import dev.sluice.tensor.BlockCodec;
import dev.sluice.tensor.DType;
import dev.sluice.tensor.Tensor;
import dev.sluice.tensor.TestBlocks;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Products of formats without scales, in each kind of code that reads tiles, against the definition. */
class PlainProductTest {
    private static final double UNIT = 0x1p-24;

    static Stream<Arguments> paths() {
        return Stream.of(FloatPath.VECTOR, FloatPath.AVX512, FloatPath.AVX2)
                .flatMap(path -> Stream.of(DType.F32, DType.F16, DType.BF16).map(type -> Arguments.of(path, type)));
    }

    @ParameterizedTest
    @MethodSource("paths")
    void productsAreWithinTheRoundingOfTheirSums(FloatPath path, DType type) {
        Kernels kernels = path.kernels();
        for (int cols : new int[] {1, 47, 64, 65, 1077}) {
            for (int rows : new int[] {1, 15, 16, 33, 134}) {
                Tensor w = TestBlocks.random(type, cols, rows, rows + cols);
                float[] bias = Runs.normal(rows, rows);
                for (int tokens : new int[] {1, 2, 11, 12, 13, 30}) {
                    float[] x = Runs.normal(tokens * cols, tokens);
                    float[] plus = Runs.normal(tokens * rows, 3);
                    float[] y = run(kernels, w, bias, x, plus, tokens, 2);
                    float[] expected = ScalarOps.linear(w, bias, x);
                    check(w, x, plus, bias, expected, y, tokens);
                }
            }
        }
    }

    private static void check(
            Tensor w, float[] x, float[] plus, float[] bias, float[] expected, float[] y, int tokens) {
        int cols = (int) w.shape().cols();
        int rows = (int) w.shape().rows();
        float[] weights = BlockCodec.floats(w);
        for (int t = 0; t < tokens; t++) {
            for (int r = 0; r < rows; r++) {
                double magnitude = Math.abs(bias[r]) + Math.abs(plus[t * rows + r]);
                for (int c = 0; c < cols; c++) {
                    magnitude += Math.abs(weights[r * cols + c] * x[t * cols + c]);
                }
                // A part of 64 columns, the parts, and what the sum starts from.
                double limit = 6 * Math.sqrt(64 + cols / 64.0 + 8) * UNIT * magnitude;
                double error = Math.abs((double) expected[t * rows + r] + plus[t * rows + r] - y[t * rows + r]);
                assertTrue(error <= limit, () -> w.type() + " [" + cols + ", " + rows + "]: " + error);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("paths")
    void oneTokenGivesTheBitsOfMany(FloatPath path, DType type) {
        Kernels kernels = path.kernels();
        Tensor w = TestBlocks.random(type, 150, 70, 8);
        float[] x = Runs.normal(14 * 150, 9);
        float[] many = run(kernels, w, null, x, null, 14, 3);
        for (int t = 0; t < 14; t++) {
            float[] one = run(kernels, w, null, Arrays.copyOfRange(x, t * 150, (t + 1) * 150), null, 1, 2);
            assertArrayEquals(Arrays.copyOfRange(many, t * 70, (t + 1) * 70), one);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            names = {"F32", "F16", "BF16"})
    void bothWidthsOfRegistersGiveTheSameBits(DType type) {
        Kernels wide = FloatPath.AVX512.kernels();
        Kernels narrow = FloatPath.AVX2.kernels();
        Tensor w = TestBlocks.random(type, 150, 70, 8);
        float[] x = Runs.normal(14 * 150, 9);
        assertArrayEquals(run(wide, w, null, x, null, 14, 1), run(narrow, w, null, x, null, 14, 1));
    }

    @ParameterizedTest
    @MethodSource("paths")
    void whatIsNoNumberStaysInItsTokenAndRow(FloatPath path, DType type) {
        Tensor w = TestBlocks.random(type, 70, 20, 8);
        float[] x = Runs.normal(3 * 70, 9);
        x[70 + 5] = Float.NaN;
        float[] y = run(path.kernels(), w, null, x, null, 3, 1);
        for (int i = 0; i < y.length; i++) {
            assertEquals(i / 20 == 1, Float.isNaN(y[i]), "at " + i);
        }
    }

    /** The product, the tiles cut into shares; y lies between other numbers, which have to stay. */
    private static float[] run(
            Kernels kernels,
            Tensor w,
            float @Nullable [] bias,
            float[] x,
            float @Nullable [] plus,
            int tokens,
            int shares) {
        int cols = (int) w.shape().cols();
        int rows = (int) w.shape().rows();
        try (Arena arena = Arena.ofConfined()) {
            Scratch scratch = new Scratch(arena, 0);
            kernels.reserve(new Op.Linear(w, null), scratch);
            MemorySegment tiles = arena.allocate(RowTiles.bytes(w.type(), cols, rows), 64);
            RowTiles.pack(w, tiles, 0, RowTiles.tiles(rows));
            Matrix matrix = new Matrix(w, tiles);
            float[] y = new float[3 + tokens * rows + 20];
            Arrays.fill(y, 77);
            Rows in = rows(cols, x, 0);
            Rows out = rows(rows, y, 3);
            Rows start = plus == null ? null : rows(rows, plus, 0);
            for (int s = 0; s < shares; s++) {
                int first = matrix.tiles() * s / shares;
                int last = matrix.tiles() * (s + 1) / shares;
                kernels.linear(matrix, bias, in, start, out, tokens, first, last, scratch);
            }
            for (int i = 0; i < y.length; i++) {
                boolean inside = i >= 3 && i < 3 + tokens * rows;
                assertTrue(inside || y[i] == 77, "written outside, at " + i);
            }
            return Arrays.copyOfRange(y, 3, 3 + tokens * rows);
        }
    }

    private static Rows rows(int width, float[] data, int at) {
        Rows rows = new Rows(width);
        rows.bind(data, at);
        return rows;
    }
}
