package dev.sluice.backend.opencl;

import static dev.sluice.backend.opencl.OpenClRuns.random;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.CompiledLayer;
import dev.sluice.backend.DeviceMemory;
import dev.sluice.backend.KvType;
import dev.sluice.backend.LayerState;
import dev.sluice.backend.StateSource;
import dev.sluice.backend.Step;
import dev.sluice.graph.Activation;
import dev.sluice.graph.Layer;
import dev.sluice.graph.LayerBuilder;
import dev.sluice.graph.Op;
import dev.sluice.graph.Rotation;
import dev.sluice.opencl.LiveObjects;
import dev.sluice.tensor.DType;
import dev.sluice.tensor.Tensor;
import dev.sluice.tensor.TestBlocks;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Replayed launches against launches one by one: the same bits at every position. */
class RecordingsTest {
    private static final int WIDTH = 64;
    private static final int CAPACITY = 600;
    private static final int LAYERS = 3;

    static Stream<OpenClRuns.Variant> variants() {
        return OpenClRuns.replaying();
    }

    private static Layer block(int number) {
        LayerBuilder b = new LayerBuilder("block " + number, Layer.Kind.BLOCK, WIDTH);
        Tensor gain = TestBlocks.floats("gain", random(WIDTH, number), WIDTH);
        Rotation rotation = new Rotation(Rotation.Pairing.HALVES, new float[] {1, 0.1f, 0.01f, 0.001f}, 1);
        int u = b.add(new Op.RmsNorm(gain, 1e-5f, WIDTH), b.input());
        int q = b.add(new Op.Rope(4, 16, rotation), b.add(new Op.Linear(matrix(WIDTH, WIDTH, number), null), u));
        int k = b.add(new Op.Rope(2, 16, rotation), b.add(new Op.Linear(matrix(WIDTH, 32, number + 20), null), u));
        int v = b.add(new Op.Linear(matrix(WIDTH, 32, number + 40), null), u);
        // The second sees a window, so that its shares are others.
        int a = b.add(new Op.Attention(4, 2, 16, 0.25f, number == 1 ? 48 : 0), q, k, v);
        int h = b.add(new Op.Add(WIDTH), b.input(), b.add(new Op.Linear(matrix(WIDTH, WIDTH, number + 60), null), a));
        Op.GatedFfn ffn = new Op.GatedFfn(
                matrix(WIDTH, 96, number + 70),
                matrix(WIDTH, 96, number + 80),
                matrix(96, WIDTH, number + 90),
                Activation.SILU);
        b.add(new Op.Add(WIDTH), h, b.add(ffn, b.add(new Op.RmsNorm(gain, 1e-5f, WIDTH), h)));
        return b.build();
    }

    private static Tensor matrix(int cols, int rows, int seed) {
        return TestBlocks.random(DType.Q8_0, cols, rows, seed);
    }

    /** Three layers of a device and memory for their steps. */
    private static final class Run implements AutoCloseable {
        final OpenClDevice device;
        final List<CompiledLayer> layers = new ArrayList<>();
        private final DeviceMemory in;
        private final DeviceMemory between;
        private final DeviceMemory out;

        Run(OpenClDevice device) {
            this.device = device;
            for (int i = 0; i < LAYERS; i++) {
                layers.add(device.compile(block(i)));
            }
            in = device.allocate((long) Float.BYTES * WIDTH * OpenClRuns.BATCH);
            between = device.allocate((long) Float.BYTES * WIDTH * OpenClRuns.BATCH);
            out = device.allocate((long) Float.BYTES * WIDTH * OpenClRuns.BATCH);
        }

        List<LayerState> states() {
            return layers.stream()
                    .map(layer -> Objects.requireNonNull(device.newState(layer, CAPACITY, KvType.F16)))
                    .toList();
        }

        private static StateSource source(List<LayerState> states) {
            return layer -> new @Nullable LayerState[] {states.get(layer)};
        }

        float[] step(List<LayerState> states, int position, int tokens) {
            in.write(0, MemorySegment.ofArray(random(tokens * WIDTH, position)));
            device.submit(layers, new Step(position, tokens, tokens), in, between, out, source(states));
            return result(tokens);
        }

        float[] with(Recordings recordings, List<LayerState> states, int position) {
            in.write(0, MemorySegment.ofArray(random(WIDTH, position)));
            device.exclusively(queue -> recordings.submit(queue, pass(states, position)));
            return result(1);
        }

        ForwardPass pass(List<LayerState> states, int position) {
            return new ForwardPass(device.layers())
                    .of(layers, new Step(position, 1, 1), in, between, out, source(states));
        }

        private float[] result(int tokens) {
            float[] y = new float[tokens * WIDTH];
            out.read(0, MemorySegment.ofArray(y));
            return y;
        }

        /** The results of single tokens of two sequences in turn, prompts in between. */
        List<float[]> all() {
            List<float[]> all = new ArrayList<>();
            List<LayerState> one = states();
            List<LayerState> other = states();
            for (int position = 0; position < 40; position++) {
                all.add(step(one, position, 1));
                if (position % 3 == 0) {
                    all.add(step(other, position / 3, 1));
                }
            }
            // Past the first table of rotations.
            for (int position = 40; position < 480; position += OpenClRuns.BATCH) {
                all.add(step(one, position, OpenClRuns.BATCH));
            }
            all.add(step(one, 480, 25));
            for (int position = 505; position < 525; position++) {
                all.add(step(one, position, 1));
            }
            one.forEach(LayerState::close);
            assertTrue(device.steps().recordings().count() <= 1, "of what is closed nothing is kept");
            all.add(step(other, 14, 1));
            other.forEach(LayerState::close);
            return all;
        }

        @Override
        public void close() {
            layers.forEach(CompiledLayer::close);
            layers.forEach(CompiledLayer::close);
            in.close();
            between.close();
            out.close();
            device.close();
            device.close();
        }
    }

    private static Run open(OpenClRuns.Variant variant, boolean recording) {
        // Many short shares, so that their number changes often.
        return new Run(variant.open(t -> {
            DeviceTuning shared = t.lanes() == 1 ? t.with(new SplitTuning(64, 16, 1000)) : t;
            return shared.withRecording(recording);
        }));
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("variants")
    void replaysComputeTheSameBits(OpenClRuns.Variant variant) {
        long open = LiveObjects.count();
        List<float[]> expected;
        long launches;
        try (Run plain = open(variant, false)) {
            expected = plain.all();
            launches = plain.device.recorder().launches();
            assertFalse(plain.device.steps().recordings().used());
        }
        try (Run replaying = open(variant, true)) {
            List<float[]> actual = replaying.all();
            assertEquals(expected.size(), actual.size());
            for (int i = 0; i < expected.size(); i++) {
                assertArrayEquals(expected.get(i), actual.get(i), "step " + i);
            }
            assertTrue(replaying.device.steps().recordings().used());
            assertTrue(replaying.device.path().contains("replayed"), replaying.device.path());
            assertEquals(launches, replaying.device.recorder().launches(), "replayed launches count");
        }
        assertEquals(open, LiveObjects.count(), () -> LiveObjects.snapshot().toString());
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("variants")
    void everyStepReplaysWhatThePositionDoesNotChange(OpenClRuns.Variant variant) {
        try (Run plain = open(variant, false);
                Run run = open(variant, true)) {
            Recordings recordings = new Recordings(run.device);
            List<LayerState> expected = plain.states();
            List<LayerState> states = run.states();
            for (int position = 0; position < 50; position++) {
                assertArrayEquals(plain.step(expected, position, 1), run.with(recordings, states, position));
            }
            assertTrue(recordings.used());
            assertTrue(recordings.count() > 0 && recordings.count() <= 4, recordings.count() + " recordings");
            run.device.exclusively(queue -> queue.finish());
            recordings.close();
            recordings.close();
        }
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("variants")
    void aDeviceThatFailsAtItLaunchesOneByOne(OpenClRuns.Variant variant) {
        try (Run plain = open(variant, false);
                Run run = open(variant, true)) {
            // Nothing can be added to what is finished.
            Recordings failing = new Recordings(run.device, (queue, passage) -> {
                Recording finished = new Recording(queue, passage);
                finished.finish();
                return finished;
            });
            List<LayerState> expected = plain.states();
            List<LayerState> states = run.states();
            for (int position = 0; position < 5; position++) {
                assertArrayEquals(plain.step(expected, position, 1), run.with(failing, states, position));
                assertFalse(failing.used());
                assertEquals(0, failing.count());
            }
            run.device.exclusively(queue -> assertFalse(failing.serve(queue, run.pass(states, 0))));
        }
    }

    @ParameterizedTest(name = "on {0}")
    @MethodSource("variants")
    void aProfileSeesEachLaunch(OpenClRuns.Variant variant) {
        try (Run run = open(variant, true)) {
            List<LayerState> states = run.states();
            run.step(states, 0, 1);
            run.step(states, 1, 1);
            long before = run.device.recorder().launches();
            run.device.startProfile();
            run.step(states, 2, 1);
            long counted = run.device.takeProfile().orElseThrow().kernels().stream()
                    .mapToLong(kernel -> kernel.launches())
                    .sum();
            assertEquals(run.device.recorder().launches() - before, counted);
            assertTrue(counted >= 5 * LAYERS, counted + " launches");
        }
    }
}
