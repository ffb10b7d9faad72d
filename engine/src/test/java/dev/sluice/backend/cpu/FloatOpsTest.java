package dev.sluice.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.backend.Device;
import dev.sluice.backend.KvType;
import dev.sluice.backend.Step;
import dev.sluice.backend.cpu.asm.PanelCode;
import dev.sluice.graph.Activation;
import dev.sluice.graph.Op;
import dev.sluice.graph.Rotation;
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
    void rotationsGiveTheBitsOfScalarCode(FloatPath path) {
        Kernels kernels = path.kernels();
        try (Arena arena = Arena.ofConfined()) {
            Scratch scratch = new Scratch(arena, 0);
            kernels.reserve(new Op.Add(1), scratch);
            for (Rotation.Pairing pairing : Rotation.Pairing.values()) {
                for (int pairs : new int[] {1, 7, 8, 9, 15, 16, 17, 32, 37}) {
                    for (int dim : new int[] {2 * pairs, 2 * pairs + 5}) {
                        rotate(kernels, scratch, new Op.Rope(3, dim, new Rotation(pairing, angles(pairs), 1.1f)));
                    }
                }
            }
        }
    }

    private static void rotate(Kernels kernels, Scratch scratch, Op.Rope op) {
        int tokens = 3;
        int width = op.width();
        Run run = new Run(tokens);
        Step step = new Step(1000, tokens, 0);
        run.begin(step, false);
        RotationTable table = new RotationTable(op.rotation(), tokens);
        table.prepare(run);
        float[] x = Runs.normal(MARGIN + tokens * width, width);
        x[MARGIN] = Float.NaN;
        for (int[] heads : new int[][] {{0, 9}, {1, 2}, {2, 8}, {4, 4}, {3, 6}}) {
            float[][] y = new float[2][x.length + MARGIN];
            for (int i = 0; i < 2; i++) {
                Kernels own = i == 0 ? new ScalarKernels() : kernels;
                own.rope(op, table, rows(width, x), rows(width, y[i]), heads[0], heads[1], scratch);
            }
            assertArrayEquals(y[0], y[1], op + " heads " + Arrays.toString(heads));
        }
    }

    private static Rows rows(int width, float[] x) {
        Rows rows = new Rows(width);
        rows.bind(x, MARGIN);
        return rows;
    }

    private static float[] angles(int pairs) {
        float[] frequencies = new float[pairs];
        for (int i = 0; i < pairs; i++) {
            frequencies[i] = (float) Math.pow(10000, -(double) i / pairs);
        }
        return frequencies;
    }

    @ParameterizedTest
    @EnumSource(names = {"AVX512", "AVX2"})
    void sumsOfAnyCountAreExact(FloatPath path) {
        try (Arena arena = Arena.ofConfined()) {
            FloatOps ops = new FloatOps(path.code(), arena);
            for (int count : COUNTS) {
                float[] a = Runs.normal(count + 2 * MARGIN, count);
                float[] b = Runs.normal(a.length, 3);
                a[MARGIN + count / 2] = Float.NaN;
                b[MARGIN + count / 3] = Float.NEGATIVE_INFINITY;
                float[] y = new float[a.length];
                long at = 4L * MARGIN;
                ops.add(segment(a), at, segment(b), at, segment(y), at, count);
                float[] sums = ScalarOps.add(a, b);
                Arrays.fill(sums, 0, MARGIN, 0);
                Arrays.fill(sums, MARGIN + count, sums.length, 0);
                assertArrayEquals(sums, y);
                ops.add(segment(a), at, segment(b), at, segment(a), at, count);
                assertArrayEquals(
                        Arrays.copyOfRange(sums, MARGIN, MARGIN + count),
                        Arrays.copyOfRange(a, MARGIN, MARGIN + count));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void theFirstOfTheLargestIsFound(FloatPath path) {
        Kernels kernels = path.kernels();
        try (Arena arena = Arena.ofConfined()) {
            Scratch scratch = new Scratch(arena, 0);
            for (int count : COUNTS) {
                kernels.reserve(new Op.ArgMax(count), scratch);
                for (int kind = 0; kind < 8; kind++) {
                    float[] x = numbers(count + 2 * MARGIN, kind);
                    assertEquals(
                            ScalarOps.argMax(x, MARGIN, count),
                            kernels.argMax(rows(count, x), 0, scratch),
                            "kind " + kind + " of " + count);
                }
            }
        }
    }

    private static float[] numbers(int count, int kind) {
        float[] x = Runs.normal(count, count + kind);
        for (int i = 0; i < count; i++) {
            x[i] = switch (kind) {
                case 0 -> x[i];
                case 1 -> 1;
                case 2 -> Float.NEGATIVE_INFINITY;
                case 3 -> Float.NaN;
                case 4 -> i % 3 == 0 ? Float.NaN : Math.round(x[i]);
                case 5 -> i % 2 == 0 ? -0f : 0f;
                case 6 -> i % 5 == 0 ? Float.POSITIVE_INFINITY : x[i];
                default -> i == count - MARGIN - 1 ? 9 : -1;
            };
        }
        return x;
    }

    @ParameterizedTest
    @EnumSource(names = {"AVX512", "AVX2"})
    void theCacheHoldsTheBitsOfJavaCode(FloatPath path) {
        Kernels kernels = path.kernels();
        for (KvType type : KvType.values()) {
            for (int dim : new int[] {1, 15, 16, 24, 33, 64, 100}) {
                try (Arena arena = Arena.ofConfined();
                        Device device = Runs.open(true, 1, 40)) {
                    Scratch scratch = new Scratch(arena, 0);
                    Op.Attention op = new Op.Attention(6, 3, dim, 1f, 0);
                    kernels.reserve(op, scratch);
                    store(op, type, kernels, (CpuDevice) device, scratch);
                }
            }
        }
    }

    private static void store(Op.Attention op, KvType type, Kernels kernels, CpuDevice device, Scratch scratch) {
        int tokens = 37;
        Rows k = rows(op.kvWidth(), special(MARGIN + tokens * op.kvWidth(), 1));
        Rows v = rows(op.kvWidth(), special(MARGIN + tokens * op.kvWidth(), 2));
        KvCache[] caches = new KvCache[2];
        for (int i = 0; i < 2; i++) {
            caches[i] = new KvCache(device, op, 60, type);
            Run run = new Run(tokens);
            run.begin(new Step(5, tokens, 0), false);
            run.cache(0, caches[i]);
            Kernels own = i == 0 ? new ScalarKernels() : kernels;
            for (int h = 0; h < tokens * op.kvHeads(); h += 25) {
                own.store(op, run, k, v, h, Math.min(h + 25, tokens * op.kvHeads()), scratch);
            }
        }
        assertEquals(-1, caches[0].keys().mismatch(caches[1].keys()), type + " keys of " + op.headDim());
        assertEquals(-1, caches[0].values().mismatch(caches[1].values()), type + " values of " + op.headDim());
        assertEquals(-1, caches[0].keyScales().mismatch(caches[1].keyScales()));
        assertEquals(-1, caches[0].valueScales().mismatch(caches[1].valueScales()));
    }

    /** Numbers, among them those that a half does not hold, or only just. */
    private static float[] special(int count, long seed) {
        float[] x = Runs.normal(count, seed);
        float[] special = {65504f, 65519.9f, 65520f, 1e-7f, 6e-8f, 2e-8f, -0f, Float.NaN, Float.NEGATIVE_INFINITY, 1e30f
        };
        for (int i = 0; i < count; i += 7) {
            x[i] = special[i / 7 % special.length];
        }
        return x;
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
