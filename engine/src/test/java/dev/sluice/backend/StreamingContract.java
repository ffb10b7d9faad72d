package dev.sluice.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.graph.Activation;
import dev.sluice.graph.Layer;
import dev.sluice.graph.LayerBuilder;
import dev.sluice.graph.Op;
import dev.sluice.tensor.DType;
import dev.sluice.tensor.TestBlocks;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** What every backend must do with layers whose weights come to slots. */
public final class StreamingContract {
    private static final int WIDTH = 256;
    private static final int HIDDEN = 288;
    private static final int LAYERS = 5;
    private static final int ROUNDS = 7;

    private StreamingContract() {}

    /**
     * Layers that take turns in the slots compute what they compute with resident weights, bit by bit, step after step, when
     * nobody waits between submissions.
     */
    public static void layersInSlotsComputeWhatResidentLayersDo(Device device, int slots) {
        List<Layer> layers = new ArrayList<>();
        for (int i = 0; i < LAYERS; i++) {
            layers.add(block(i));
        }
        List<AutoCloseable> open = new ArrayList<>();
        try {
            List<StreamedLayer> streamed = new ArrayList<>();
            List<WeightImage> images = new ArrayList<>();
            long largest = 0;
            for (Layer layer : layers) {
                StreamedLayer one = device.compileStreamed(layer);
                open.add(one);
                WeightImage image = device.newImage(one.imageBytes());
                open.add(image);
                one.pack(image.segment());
                streamed.add(one);
                images.add(image);
                largest = Math.max(largest, one.imageBytes());
                assertTrue(one.residentBytes() < one.imageBytes(), "only vectors are resident");
            }
            List<WeightSlot> ring = new ArrayList<>();
            for (int s = 0; s < slots; s++) {
                WeightSlot slot = device.newSlot(largest);
                open.add(slot);
                slot.fill(images.get(s), streamed.get(s).imageBytes());
                ring.add(slot);
            }
            for (int tokens : new int[] {1, 19}) {
                float[] x = normal(tokens * WIDTH, tokens);
                float[] expected = resident(device, layers, x, tokens);
                try (DeviceMemory memory = device.allocate(4L * x.length)) {
                    memory.write(0, MemorySegment.ofArray(x));
                    for (int n = 0; n < ROUNDS * LAYERS; n++) {
                        int layer = n % LAYERS;
                        WeightSlot slot = ring.get(n % slots);
                        streamed.get(layer).use(slot);
                        streamed.get(layer).submit(new Step(0, tokens, 0), memory, memory);
                        int next = (n + slots) % LAYERS;
                        slot.fill(images.get(next), streamed.get(next).imageBytes());
                        if (n % LAYERS == LAYERS - 1) {
                            float[] y = new float[x.length];
                            memory.read(0, MemorySegment.ofArray(y));
                            assertArrayEquals(expected, y, tokens + " tokens, round " + n / LAYERS);
                            memory.write(0, MemorySegment.ofArray(x));
                        }
                    }
                    // The next round of tokens begins with layer 0 in slot 0.
                    for (int s = 0; s < slots; s++) {
                        ring.get(s)
                                .fill(images.get(s), streamed.get(s).imageBytes())
                                .await();
                    }
                }
            }
        } finally {
            for (AutoCloseable one : open.reversed()) {
                close(one);
                close(one); // twice does no harm
            }
        }
    }

    /** Slots and images of another device, or too small ones, are refused before anything is copied. */
    public static void strangeSlotsAndImagesAreRefused(Device device, Device other) {
        try (StreamedLayer layer = device.compileStreamed(block(0));
                WeightImage image = device.newImage(layer.imageBytes());
                WeightImage strange = other.newImage(layer.imageBytes());
                WeightSlot slot = device.newSlot(layer.imageBytes());
                WeightSlot small = device.newSlot(layer.imageBytes() / 2);
                WeightSlot foreign = other.newSlot(layer.imageBytes())) {
            assertThrows(IllegalArgumentException.class, () -> slot.fill(strange, layer.imageBytes()));
            assertThrows(IllegalArgumentException.class, () -> slot.fill(image, layer.imageBytes() + 1_000_000));
            assertThrows(IllegalArgumentException.class, () -> small.fill(image, layer.imageBytes()));
            assertThrows(IllegalArgumentException.class, () -> layer.use(small));
            assertThrows(IllegalArgumentException.class, () -> layer.use(foreign));
        }
    }

    private static float[] resident(Device device, List<Layer> layers, float[] x, int tokens) {
        List<CompiledLayer> compiled = device.compile(layers, (done, total) -> {});
        try (DeviceMemory in = device.allocate(4L * x.length)) {
            in.write(0, MemorySegment.ofArray(x));
            for (CompiledLayer layer : compiled) {
                layer.submit(new Step(0, tokens, 0), in, in);
            }
            float[] y = new float[x.length];
            in.read(0, MemorySegment.ofArray(y));
            return y;
        } finally {
            compiled.forEach(CompiledLayer::close);
        }
    }

    /** A norm and a network, whose matrices are of two formats, with a residual. */
    private static Layer block(int seed) {
        LayerBuilder b = new LayerBuilder("block " + seed, Layer.Kind.BLOCK, WIDTH);
        int x = b.add(
                new Op.RmsNorm(TestBlocks.floats("gain", normal(WIDTH, 10 + seed), WIDTH), 1e-6f, WIDTH), b.input());
        int y = b.add(
                new Op.GatedFfn(
                        TestBlocks.random(DType.Q4_1, WIDTH, HIDDEN, 100 + seed),
                        TestBlocks.random(DType.Q4_1, WIDTH, HIDDEN, 200 + seed),
                        TestBlocks.random(DType.Q8_0, HIDDEN, WIDTH, 300 + seed),
                        Activation.SILU),
                x);
        b.add(new Op.Add(WIDTH), b.input(), y);
        return b.build();
    }

    private static float[] normal(int count, long seed) {
        Random random = new Random(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    private static void close(AutoCloseable one) {
        try {
            one.close();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}
