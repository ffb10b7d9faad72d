package dev.sluice.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.backend.cpu.asm.PanelCode;
import dev.sluice.graph.Activation;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The small operations in machine code against their definitions, at odd sizes and places. */
class FloatOpsTest {
    private static final double UNIT = 0x1p-24;
    private static final int[] COUNTS = {1, 2, 15, 16, 17, 31, 33, 64, 100, 576, 1003};
    /** Floats before and behind what an operation may touch. */
    private static final int MARGIN = 5;

    @ParameterizedTest
    @EnumSource(names = {"AVX512", "AVX2"})
    void normsOfAnyLength(FloatPath path) {
        try (Arena arena = Arena.ofConfined()) {
            FloatOps ops = new FloatOps(path.code(), arena);
            for (int count : COUNTS) {
                float[] x = Runs.normal(count + 2 * MARGIN, count);
                float[] gain = Runs.normal(count, 7);
                float[] y = new float[x.length];
                long offset = 4L * MARGIN;
                ops.rmsNorm(segment(x), offset, segment(gain), count, 1e-5f, segment(y), offset);
                float[] expected = ScalarOps.rmsNorm(Arrays.copyOfRange(x, MARGIN, MARGIN + count), gain, 1e-5f);
                for (int i = 0; i < y.length; i++) {
                    boolean inside = i >= MARGIN && i < MARGIN + count;
                    float wanted = inside ? expected[i - MARGIN] : 0;
                    assertEquals(wanted, y[i], 6 * UNIT * Math.abs(wanted), count + " floats, at " + i);
                }
                x[MARGIN + count / 2] = Float.NaN;
                ops.rmsNorm(segment(x), offset, segment(gain), count, 1e-5f, segment(y), offset);
                assertEquals(Float.NaN, y[MARGIN]);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"AVX512", "AVX2"})
    void activationsOfAnyCount(FloatPath path) {
        try (Arena arena = Arena.ofConfined()) {
            FloatOps ops = new FloatOps(path.code(), arena);
            for (Activation activation : Activation.values()) {
                for (int count : COUNTS) {
                    float[] gate = gates(count + 2 * MARGIN, count);
                    float[] up = Runs.normal(gate.length, 3);
                    float[] y = gate.clone();
                    ops.activate(activation, segment(y), 4L * MARGIN, segment(up), 4L * MARGIN, count);
                    for (int i = 0; i < y.length; i++) {
                        boolean inside = i >= MARGIN && i < MARGIN + count;
                        float wanted = inside ? ScalarOps.activate(activation, gate[i]) * up[i] : gate[i];
                        // An exponential of 2 ulp, a sum, a quotient, a product; GELU is the definition's table.
                        boolean exact = !inside || activation == Activation.GELU_TANH || Float.isNaN(wanted);
                        double limit = exact ? 0 : 8 * UNIT * Math.abs(wanted);
                        assertEquals(wanted, y[i], limit, activation + " of " + gate[i] + " at " + i + " of " + count);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"AVX512", "AVX2"})
    void theSelfTestFindsNothing(FloatPath path) {
        assertEquals(Optional.empty(), FloatSelfTest.difference(path.code()));
        for (PanelCode.Format format : PanelCode.Format.values()) {
            assertEquals(Optional.empty(), FloatSelfTest.difference(path.code(), format));
        }
    }

    /** Small and large numbers, those at the table's end, and those that are none. */
    private static float[] gates(int count, long seed) {
        float[] x = Runs.normal(count, seed);
        float[] special = {
            0f, -0f, 10f, -10f, 9.9999f, -9.9999f, 12f, -12f, 80f, -80f, Float.NaN, 1e30f, -60f, 65520f, 6e-8f
        };
        for (int i = 0; i < count; i++) {
            x[i] = i % 3 == 0 ? special[(int) ((i / 3 + seed) % special.length)] : 4 * x[i];
        }
        return x;
    }

    @Test
    void bothWidthsOfRegistersGiveTheSameBits() {
        FloatCode wide = FloatPath.AVX512.code();
        FloatCode narrow = FloatPath.AVX2.code();
        try (Arena arena = Arena.ofConfined()) {
            for (int count : COUNTS) {
                float[] x = Runs.normal(count, count);
                float[] other = Runs.normal(count, 9);
                float[][] norms = new float[2][count];
                float[][] gates = {x.clone(), x.clone()};
                for (int i = 0; i < 2; i++) {
                    FloatOps ops = new FloatOps(i == 0 ? wide : narrow, arena);
                    ops.rmsNorm(segment(x), 0, segment(other), count, 1e-6f, segment(norms[i]), 0);
                    ops.activate(Activation.SILU, segment(gates[i]), 0, segment(other), 0, count);
                }
                assertArrayEquals(norms[0], norms[1]);
                assertArrayEquals(gates[0], gates[1]);
            }
        }
    }

    private static MemorySegment segment(float[] x) {
        return MemorySegment.ofArray(x);
    }
}
