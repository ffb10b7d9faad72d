package dev.sluice.backend.cpu.asm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.system.MachineCode;
import dev.sluice.tensor.DType;
import dev.sluice.tensor.Tensor;
import dev.sluice.tensor.TestBlocks;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class Int8ProductTest {

    static Stream<Arguments> formatsOnInstructionSets() {
        List<Arguments> all = new ArrayList<>();
        for (Isa isa : Isa.values()) {
            for (TileFormat format : TileFormat.values()) {
                all.add(Arguments.of(isa, format));
            }
        }
        return all.stream();
    }

    static Int8Kernels kernels(Isa isa) {
        try {
            Assumptions.assumeTrue(isa.runsOn(CpuFeatures.detect()), "this processor has no " + isa.label());
            return new Int8Kernels(isa);
        } catch (MachineCode.Refused e) {
            return Assumptions.abort(e.getMessage());
        }
    }

    @ParameterizedTest
    @MethodSource("formatsOnInstructionSets")
    void everyInstructionSetGivesTheBitsOfTheReference(Isa isa, TileFormat format) throws MachineCode.Refused {
        try (Int8Kernels kernels = kernels(isa)) {
            kernels.prepare(format);
            for (int cols : new int[] {format.unitColumns(), 3 * format.unitColumns()}) {
                for (int rows : new int[] {1, 15, 16, 33}) {
                    check(kernels, format, rows, cols, new int[] {1, 2, 5, 13, 40});
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("formatsOnInstructionSets")
    void activationsThatAreNoNumbersGiveProductsThatAreNone(Isa isa, TileFormat format) throws MachineCode.Refused {
        int cols = 256;
        try (Int8Kernels kernels = kernels(isa)) {
            kernels.prepare(format);
            for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
                float[] x = new float[2 * cols];
                x[cols + 77] = bad;
                float[] y = Int8Run.of(kernels, format, matrix(format, 16, cols, 3), x, 2)
                        .y();
                for (int r = 0; r < 16; r++) {
                    assertEquals(0, y[r], 0);
                    assertTrue(Float.isNaN(y[16 + r]), bad + " gave " + y[16 + r]);
                }
            }
        }
    }

    static Tensor matrix(TileFormat format, int rows, int cols, long seed) {
        return TestBlocks.random(DType.valueOf(format.name()), cols, rows, seed);
    }

    private static void check(Int8Kernels kernels, TileFormat format, int rows, int cols, int[] tokenCounts) {
        Tensor matrix = matrix(format, rows, cols, rows + cols);
        Random random = new Random(rows * 31L + cols);
        for (int tokens : tokenCounts) {
            float[] x = new float[tokens * cols];
            for (int i = 0; i < x.length; i++) {
                x[i] = (float) random.nextGaussian() * (i % 96 < 32 ? 1 : 0.02f);
            }
            java.util.Arrays.fill(x, 0, 32, 0); // a block of zeros has no scale
            check(kernels, format, matrix, x, tokens);
        }
    }

    static void check(Int8Kernels kernels, TileFormat format, Tensor matrix, float[] x, int tokens) {
        int rows = (int) matrix.shape().rows();
        int cols = (int) matrix.shape().cols();
        Int8Run run = Int8Run.of(kernels, format, matrix, x, tokens);
        Int8Reference reference = new Int8Reference(format, run.tiles(), cols);
        for (int t = 0; t < tokens; t++) {
            Int8Reference.Row row = new Int8Reference.Row(x, t * cols, cols);
            for (int r = 0; r < rows; r++) {
                String where = kernels.isa() + " " + format + " [" + cols + ", " + rows + "] token " + t + " of "
                        + tokens + " row " + r;
                float expected = reference.product(r, row, 0);
                assertEquals(expected, run.y()[t * rows + r], 0, where);
                assertEquals(reference.product(r, row, r), run.biased()[t * rows + r], 0, where + " with a bias");
                assertEquals(reference.product(r, row, expected), run.twice()[t * rows + r], 0, where + " accumulated");
            }
        }
    }
}
