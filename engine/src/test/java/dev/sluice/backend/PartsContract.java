package dev.sluice.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.graph.Layer;
import dev.sluice.graph.LayerBuilder;
import dev.sluice.graph.Op;
import dev.sluice.graph.Rotation;
import dev.sluice.tensor.DType;
import dev.sluice.tensor.Tensor;
import dev.sluice.tensor.TestBlocks;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** What every backend must do with steps of several sequences. The device has room for 40 tokens or more. */
public final class PartsContract {
    private static final int WIDTH = 32;
    private static final int CAPACITY = 64;
    private static final int HEAD_DIM = 24;

    /** Tokens of each sequence in each step; a sequence with none takes no part in it. */
    private static final int[][] STEPS = {
        {5, 0, 30}, {1, 17, 3}, {1, 1, 1}, {0, 3, 17}, {17, 1, 0}, {3, 0, 0}, {1, 1, 1},
    };

    private PartsContract() {}

    /**
     * What a sequence gets in company is what it gets alone.
     *
     * @param limit of the normalised mean square error; 0 asks for the same bits
     */
    public static void companyChangesNothing(Device device, KvType type, int window, double limit) {
        int sequences = STEPS[0].length;
        List<LayerState> alone = new ArrayList<>();
        List<LayerState> together = new ArrayList<>();
        try (CompiledLayer layer = device.compile(block(window))) {
            for (int s = 0; s < sequences; s++) {
                alone.add(Objects.requireNonNull(device.newState(layer, CAPACITY, type)));
                together.add(Objects.requireNonNull(device.newState(layer, CAPACITY, type)));
            }
            int[] positions = new int[sequences];
            Step step = Step.forParts(sequences);
            // Longer than the parts on purpose: what lies beyond them is not looked at.
            @Nullable LayerState[] states = new LayerState[sequences + 1];
            for (int i = 0; i < STEPS.length; i++) {
                step.clear();
                List<float[]> inputs = new ArrayList<>();
                List<float[]> expected = new ArrayList<>();
                for (int s = 0; s < sequences; s++) {
                    int tokens = STEPS[i][s];
                    if (tokens > 0) {
                        float[] x = normal(tokens * WIDTH, 100L * i + s);
                        inputs.add(x);
                        expected.add(run(device, layer, new Step(positions[s], tokens, tokens), x, alone.get(s)));
                        states[step.parts()] = together.get(s);
                        step.add(positions[s], tokens, 0);
                        positions[s] += tokens;
                    }
                }
                float[] actual = run(device, layer, step, joined(inputs), states);
                assertClose(joined(expected), actual, limit, type + ", window " + window + ", step " + i);
            }
        } finally {
            alone.forEach(LayerState::close);
            together.forEach(LayerState::close);
        }
    }

    /** Two norms, projections, rotation, attention and a network, with the matrices in packed formats. */
    private static Layer block(int window) {
        LayerBuilder b = new LayerBuilder("block", Layer.Kind.BLOCK, WIDTH);
        float[] frequencies = new float[HEAD_DIM / 2];
        for (int i = 0; i < frequencies.length; i++) {
            frequencies[i] = (float) Math.pow(10_000, -2.0 * i / HEAD_DIM);
        }
        Rotation rotation = new Rotation(Rotation.Pairing.HALVES, frequencies, 1);
        int x = b.add(new Op.RmsNorm(TestBlocks.floats("gain", normal(WIDTH, 1), WIDTH), 1e-6f, WIDTH), b.input());
        int q = b.add(new Op.Linear(TestBlocks.random(DType.Q8_0, WIDTH, 4 * HEAD_DIM, 2), null), x);
        int k = b.add(new Op.Linear(TestBlocks.random(DType.Q4_1, WIDTH, 2 * HEAD_DIM, 3), null), x);
        int v = b.add(new Op.Linear(TestBlocks.random(DType.F16, WIDTH, 2 * HEAD_DIM, 4), null), x);
        q = b.add(new Op.Rope(4, HEAD_DIM, rotation), q);
        k = b.add(new Op.Rope(2, HEAD_DIM, rotation), k);
        int a = b.add(new Op.Attention(4, 2, HEAD_DIM, (float) (0.5 / Math.sqrt(HEAD_DIM)), window), q, k, v);
        int o = b.add(new Op.Linear(TestBlocks.random(DType.F32, 4 * HEAD_DIM, WIDTH, 5), null), a);
        b.add(new Op.Add(WIDTH), b.input(), o);
        return b.build();
    }

    /** The head computes the last rows that are wanted of each part, in the order of the parts. */
    public static void theHeadTakesTheLastRowsOfEachPart(Device device) {
        float[] ones = new float[WIDTH * WIDTH];
        for (int i = 0; i < WIDTH; i++) {
            ones[i * WIDTH + i] = 1;
        }
        LayerBuilder b = new LayerBuilder("head", Layer.Kind.HEAD, WIDTH);
        b.add(new Op.Linear(TestBlocks.floats("identity", ones, WIDTH, WIDTH), null), b.input());
        int[][][] cases = {
            {{3, 1}, {17, 2}, {1, 1}},
            {{3, 0}, {4, 4}, {1, 0}},
            {{1, 1}, {1, 1}, {1, 1}},
            {{2, 2}, {5, 1}, {6, 0}},
            {{9, 3}},
            {{4, 0}, {1, 0}},
        };
        try (CompiledLayer head = device.compile(b.build())) {
            for (int[][] parts : cases) {
                Step step = Step.forParts(parts.length);
                List<float[]> expected = new ArrayList<>();
                List<float[]> inputs = new ArrayList<>();
                for (int[] part : parts) {
                    step.add(3, part[0], part[1]);
                    float[] x = normal(part[0] * WIDTH, inputs.size());
                    inputs.add(x);
                    expected.add(Arrays.copyOfRange(x, (part[0] - part[1]) * WIDTH, x.length));
                }
                assertArrayEquals(joined(expected), run(device, head, step, joined(inputs)), step.toString());
            }
        }
    }

    /** Ids are looked up for all parts, choices are made for all rows of logits. */
    public static void idsAndChoicesFollowTheParts(Device device) {
        Tensor table = TestBlocks.random(DType.F32, WIDTH, 11, 8);
        LayerBuilder embedding = new LayerBuilder("embedding", Layer.Kind.EMBEDDING, 1);
        embedding.add(new Op.Embed(table, 1), embedding.input());
        LayerBuilder choice = new LayerBuilder("argmax", Layer.Kind.ARGMAX, WIDTH);
        choice.add(new Op.ArgMax(WIDTH), choice.input());
        Step step = Step.forParts(3).add(4, 2, 1).add(0, 1, 1).add(9, 3, 2);
        try (CompiledLayer lookUp = device.compile(embedding.build());
                CompiledLayer choose = device.compile(choice.build());
                DeviceMemory ids = device.allocate(4 * 6);
                DeviceMemory rows = device.allocate(4L * 6 * WIDTH);
                DeviceMemory best = device.allocate(4 * 4)) {
            ids.write(0, MemorySegment.ofArray(new int[] {10, 0, 3, 3, 7, 1}));
            lookUp.submit(step, ids, rows);
            float[] found = new float[6 * WIDTH];
            rows.read(0, MemorySegment.ofArray(found));
            float[] expected = new float[6 * WIDTH];
            int[] wanted = {10, 0, 3, 3, 7, 1};
            for (int t = 0; t < 6; t++) {
                MemorySegment row = table.data().asSlice(4L * wanted[t] * WIDTH, 4L * WIDTH);
                MemorySegment.ofArray(expected).asSlice(4L * t * WIDTH).copyFrom(row);
            }
            assertArrayEquals(expected, found);

            float[] logits = new float[4 * WIDTH];
            int[] largest = {31, 0, 17, 5};
            for (int r = 0; r < 4; r++) {
                logits[r * WIDTH + largest[r]] = 1;
            }
            rows.write(0, MemorySegment.ofArray(logits));
            choose.submit(step, rows, best);
            int[] chosen = new int[4];
            best.read(0, MemorySegment.ofArray(chosen));
            assertArrayEquals(largest, chosen);
        }
    }

    /** Every part needs a cache of its own with room for it, and all parts together must fit the device. */
    public static void impossiblePartsAreRefused(Device device, int batchTokens) {
        try (CompiledLayer layer = device.compile(block(0));
                CompiledLayer other = device.compile(block(0));
                LayerState large = Objects.requireNonNull(device.newState(layer, CAPACITY, KvType.F32));
                LayerState small = Objects.requireNonNull(device.newState(other, 4, KvType.F32));
                DeviceMemory memory = device.allocate(4L * WIDTH * (batchTokens + 1))) {
            Step two = Step.forParts(2).add(0, 3, 0).add(2, 2, 0);
            refused(() -> layer.submit(two, memory, memory));
            refused(() -> layer.submit(two, memory, memory, large));
            refused(() -> layer.submit(two, memory, memory, null, large));
            refused(() -> layer.submit(two, memory, memory, large, large));
            Step beyond = Step.forParts(2).add(0, 3, 0).add(2, 3, 0);
            refused(() -> layer.submit(beyond, memory, memory, large, small));
            Step tooMany = Step.forParts(2).add(0, 1, 0).add(0, batchTokens, 0);
            refused(() -> layer.submit(tooMany, memory, memory, large, small));
            layer.submit(two, memory, memory, large, small).await();
            try (DeviceMemory few = device.allocate(4L * WIDTH * 5 - 4)) {
                refused(() -> layer.submit(two, few, memory, large, small));
                refused(() -> layer.submit(two, memory, few, large, small));
            }
        }
    }

    private static void refused(org.junit.jupiter.api.function.Executable call) {
        assertThrows(IllegalArgumentException.class, call);
    }

    private static float[] run(
            Device device, CompiledLayer layer, Step step, float[] x, @Nullable LayerState... states) {
        boolean head = layer.layer().kind() == Layer.Kind.HEAD;
        float[] y = new float[(head ? step.outputRows() : step.tokens()) * WIDTH];
        try (DeviceMemory in = device.allocate(4L * x.length);
                DeviceMemory out = device.allocate(4L * Math.max(1, y.length))) {
            in.write(0, MemorySegment.ofArray(x));
            layer.submit(step, in, out, states).await();
            if (y.length > 0) {
                out.read(0, MemorySegment.ofArray(y));
            }
        }
        return y;
    }

    private static float[] joined(List<float[]> pieces) {
        float[] all = new float[pieces.stream().mapToInt(p -> p.length).sum()];
        int at = 0;
        for (float[] piece : pieces) {
            System.arraycopy(piece, 0, all, at, piece.length);
            at += piece.length;
        }
        return all;
    }

    private static float[] normal(int count, long seed) {
        Random random = new Random(seed);
        float[] x = new float[count];
        for (int i = 0; i < count; i++) {
            x[i] = (float) random.nextGaussian();
        }
        return x;
    }

    private static void assertClose(float[] expected, float[] actual, double limit, String what) {
        assertEquals(expected.length, actual.length, what);
        double error = 0;
        double power = 0;
        for (int i = 0; i < expected.length; i++) {
            double difference = (double) actual[i] - expected[i];
            error += difference * difference;
            power += (double) expected[i] * expected[i];
        }
        assertTrue(error / power <= limit, what + ": NMSE " + error / power + " exceeds " + limit);
    }
}
