package dev.sluice.backend.opencl;

import dev.sluice.opencl.Buffer;
import dev.sluice.opencl.ClException;
import dev.sluice.opencl.Context;
import dev.sluice.opencl.Kernel;
import dev.sluice.opencl.NDRange;
import dev.sluice.opencl.Program;
import dev.sluice.opencl.Queue;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Tries a matrix unit: {@code probe_matrix.cl} multiplies random tiles by the same fragments as the kernels of products, and
 * must give what plain arithmetic gives. All numbers are small multiples of 1/8 without any symmetry, so that products and sums
 * are exact in any order, and any other order of the elements gives something else.
 */
final class MatrixProbe {
    private static final int SUBS = 2;

    private MatrixProbe() {}

    static ProgramSpec program(MatrixUnit unit) {
        return unit.in(ProgramSpec.of("probe_matrix").with("SUBS", SUBS));
    }

    /** Whether a program made of {@link #program} compiles and computes what it must. */
    static boolean works(Context context, Queue queue, MatrixUnit unit, ProgramSource program) {
        float[] x = numbers(SUBS * unit.tokens() * MatrixUnit.COLUMNS, 1);
        float[] w = numbers(SUBS * unit.rows() * MatrixUnit.COLUMNS, 2);
        float[] y = new float[SUBS * unit.tokens() * unit.rows()];
        Arrays.fill(y, Float.NaN);
        try (Program built = context.build(program.text(), Programs.options(program));
                Kernel kernel = built.kernel(program.kernel());
                Buffer tokens = filled(context, queue, MemorySegment.ofArray(halves(x)));
                Buffer rows = filled(context, queue, MemorySegment.ofArray(halves(w)));
                Buffer result = filled(context, queue, MemorySegment.ofArray(y))) {
            kernel.args().buffer(tokens).buffer(rows).buffer(result);
            queue.launch(kernel, NDRange.of(unit.lanes(), SUBS).local(unit.lanes(), SUBS));
            queue.read(result, 0, MemorySegment.ofArray(y));
        } catch (ClException e) {
            return false;
        }
        return Arrays.equals(expected(unit, x, w), y);
    }

    private static Buffer filled(Context context, Queue queue, MemorySegment values) {
        Buffer buffer = context.newBuffer(values.byteSize());
        queue.write(buffer, 0, values);
        return buffer;
    }

    private static float[] numbers(int count, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = random.nextInt(-100, 101) / 8f;
        }
        return numbers;
    }

    private static short[] halves(float[] numbers) {
        short[] halves = new short[numbers.length];
        for (int i = 0; i < halves.length; i++) {
            halves[i] = Float.floatToFloat16(numbers[i]);
        }
        return halves;
    }

    private static float[] expected(MatrixUnit unit, float[] x, float[] w) {
        float[] y = new float[SUBS * unit.tokens() * unit.rows()];
        for (int i = 0; i < y.length; i++) {
            int row = i % unit.rows();
            int token = i / unit.rows();
            int sub = token / unit.tokens();
            for (int c = 0; c < MatrixUnit.COLUMNS; c++) {
                y[i] += x[token * MatrixUnit.COLUMNS + c] * w[(sub * unit.rows() + row) * MatrixUnit.COLUMNS + c];
            }
        }
        return y;
    }
}
