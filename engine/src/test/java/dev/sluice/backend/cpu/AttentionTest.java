package dev.sluice.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.CompiledLayer;
import dev.sluice.backend.Device;
import dev.sluice.backend.KvType;
import dev.sluice.backend.LayerState;
import dev.sluice.backend.Step;
import dev.sluice.graph.Layer;
import dev.sluice.graph.LayerBuilder;
import dev.sluice.graph.Op;
import dev.sluice.tensor.Tensor;
import dev.sluice.tensor.TestBlocks;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class AttentionTest {
    /** One layer whose input is q, k and v side by side: selecting matrices take them apart, exactly. */
    private static Layer layer(Op.Attention op) {
        int width = op.width() + 2 * op.kvWidth();
        LayerBuilder b = new LayerBuilder("attention", Layer.Kind.BLOCK, width);
        int q = b.add(new Op.Linear(selector(width, 0, op.width()), null), b.input());
        int k = b.add(new Op.Linear(selector(width, op.width(), op.kvWidth()), null), b.input());
        int v = b.add(new Op.Linear(selector(width, op.width() + op.kvWidth(), op.kvWidth()), null), b.input());
        b.add(op, q, k, v);
        return b.build();
    }

    private static Tensor selector(int cols, int first, int rows) {
        float[] w = new float[cols * rows];
        for (int r = 0; r < rows; r++) {
            w[r * cols + first + r] = 1;
        }
        return TestBlocks.floats("selector", w, cols, rows);
    }

    static List<Arguments> shapes() {
        List<Arguments> all = new ArrayList<>();
        int[] dims = {16, 24, 40, 64, 80, 128, 256};
        int[][] heads = {{1, 1}, {3, 1}, {4, 2}, {6, 2}, {2, 2}, {9, 3}, {5, 1}};
        int[] windows = {0, 1, 7, 0, 130, 0, 33};
        for (int i = 0; i < dims.length; i++) {
            for (KvType type : KvType.values()) {
                // Head counts and windows are rotated against the sizes, so that all meet without a product of all.
                all.add(Arguments.of(dims[i], heads[i][0], heads[i][1], windows[i], type));
                all.add(Arguments.of(
                        dims[i], heads[(i + 3) % 7][0], heads[(i + 3) % 7][1], windows[(i + 2) % 7], type));
            }
        }
        all.add(Arguments.of(16, 32, 1, 0, KvType.F32)); // more heads on one KV head than a block of queries holds
        return all;
    }

    @ParameterizedTest(name = "dim {0}, {1} heads on {2}, window {3}, {4}")
    @MethodSource("shapes")
    void anyCutOfTheSequenceGivesTheDefinition(int dim, int heads, int kvHeads, int window, KvType type) {
        Op.Attention op = new Op.Attention(heads, kvHeads, dim, (float) (1 / Math.sqrt(dim)), window);
        int length = 150;
        for (int[] chunks : new int[][] {{150}, {1, 1, 17, 100, 1, 30}, {64, 64, 22}}) {
            for (int threads : new int[] {1, 3}) {
                compare(op, length, chunks, type, threads, false);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(KvType.class)
    void scalarDeviceGivesTheDefinitionToo(KvType type) {
        compare(new Op.Attention(4, 2, 24, 0.2f, 9), 30, new int[] {5, 1, 24}, type, 2, true);
    }

    private static void compare(Op.Attention op, int length, int[] chunks, KvType type, int threads, boolean scalar) {
        int width = op.width() + 2 * op.kvWidth();
        float[] all = Runs.normal(length * width, op.headDim());
        float[] q = columns(all, width, 0, op.width());
        float[] k = stored(columns(all, width, op.width(), op.kvWidth()), type, op.headDim());
        float[] v = stored(columns(all, width, op.width() + op.kvWidth(), op.kvWidth()), type, op.headDim());
        float[] expected = ScalarOps.attention(op, q, k, v, 0);
        try (Device device = Runs.open(scalar, threads, length);
                CompiledLayer compiled = device.compile(layer(op));
                LayerState cache = Objects.requireNonNull(device.newState(compiled, length, type))) {
            int position = 0;
            for (int tokens : chunks) {
                float[] x = Arrays.copyOfRange(all, position * width, (position + tokens) * width);
                float[] y = Runs.run(device, compiled, new Step(position, tokens, 0), x, cache);
                for (int i = 0; i < y.length; i++) {
                    double error = Math.abs((double) y[i] - expected[position * op.width() + i]);
                    assertTrue(
                            error <= limit(op),
                            op + " " + type + " in chunks " + Arrays.toString(chunks) + " on " + threads
                                    + " threads: token " + (position + i / op.width()) + " differs by " + error);
                }
                position += tokens;
            }
        }
    }

    /**
     * A score is a sum of headDim products of normal numbers times 1/√headDim: its error is about 2⁻²⁴ √headDim times a
     * few, the exponential adds 2⁻²², and weights that are off by a share move the result by that share of the largest
     * value, which among these numbers is below 6.
     */
    private static double limit(Op.Attention op) {
        return 6 * (6 * Math.sqrt(op.headDim() + 32) * 0x1p-24 + 0x1p-21);
    }

    private static float[] columns(float[] all, int width, int first, int count) {
        float[] out = new float[all.length / width * count];
        for (int i = 0; i < out.length; i++) {
            out[i] = all[i / count * width + first + i % count];
        }
        return out;
    }

    /** What a cache of a type keeps of [tokens, heads · headDim] numbers. */
    private static float[] stored(float[] x, KvType type, int headDim) {
        float[] y = x.clone();
        switch (type) {
            case F32 -> {}
            case F16 -> {
                for (int i = 0; i < y.length; i++) {
                    y[i] = Float.float16ToFloat(Float.floatToFloat16(y[i]));
                }
            }
            case Q8_0 -> {
                for (int head = 0; head < y.length; head += headDim) {
                    for (int d = 0; d < headDim; d += 32) {
                        quantise(y, head + d, head + Math.min(headDim, d + 32));
                    }
                }
            }
        }
        return y;
    }

    private static void quantise(float[] y, int from, int to) {
        float most = 0;
        for (int i = from; i < to; i++) {
            most = Math.max(most, Math.abs(y[i]));
        }
        float scale = most / 127;
        for (int i = from; i < to; i++) {
            y[i] = (float) Math.rint(y[i] * (1 / scale)) * scale;
        }
    }
}
