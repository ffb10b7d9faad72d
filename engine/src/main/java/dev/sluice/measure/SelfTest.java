package dev.sluice.measure;

import dev.sluice.backend.CompiledLayer;
import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceInfo;
import dev.sluice.backend.DeviceMemory;
import dev.sluice.backend.KvType;
import dev.sluice.backend.LayerState;
import dev.sluice.backend.Step;
import dev.sluice.error.DeviceFailure;
import dev.sluice.graph.Activation;
import dev.sluice.graph.Layer;
import dev.sluice.graph.LayerBuilder;
import dev.sluice.graph.Op;
import dev.sluice.graph.Rotation;
import dev.sluice.tensor.BlockCodec;
import dev.sluice.tensor.DType;
import dev.sluice.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Collection;
import java.util.Locale;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A small block of a model in each of some weight formats, computed by a device and by the scalar code that defines every
 * operation: a few tokens at once, then one after them, which are different kernels on most devices.
 */
public final class SelfTest {
    private static final int WIDTH = 256;
    private static final int HEADS = 4;
    private static final int HEAD_DIM = 64;
    private static final int[] STEPS = {5, 1};
    /** The most tokens of a step: what the devices must have been opened for. */
    public static final int MOST_TOKENS = 5;

    /**
     * Mean squared error as a share of the mean square. Activations may be rounded to bytes and keys and values to halves, which
     * comes to less than a tenth of it in a block that is a few products deep (docs/PRECISION.md); a wrong kernel comes to 1.
     */
    private static final double LIMIT = 1e-2;

    /** Bytes that activations, the KV cache and a device's own tables take at most. */
    private static final long ROOM = 1L << 20;

    private static final Logger LOG = LoggerFactory.getLogger(SelfTest.class);

    private SelfTest() {}

    /**
     * Has a device compute what is known.
     *
     * @param reference the scalar code
     * @throws DeviceFailure if the device computes something else
     */
    public static void require(Device device, Device reference, Collection<DType> formats) {
        try (RandomWeights weights = new RandomWeights()) {
            for (DType format : formats) {
                Layer block = block(weights, format);
                if (device.availableBytes() < 2 * device.residentBytes(block) + ROOM) {
                    LOG.debug(
                            "{} has no room to be tested, nor for a model",
                            device.info().id());
                    return;
                }
                compare(device.info(), format, results(reference, block), results(device, block));
            }
        }
    }

    private static void compare(DeviceInfo device, DType format, float[] expected, float[] actual) {
        double error = 0;
        double squares = 0;
        for (int i = 0; i < expected.length; i++) {
            double difference = (double) actual[i] - expected[i];
            error += difference * difference;
            squares += (double) expected[i] * expected[i];
        }
        double share = error / squares;
        LOG.debug("{} in {}: squared error {} of the result", device.id(), format, share);
        if (!(share <= LIMIT)) { // no number is too much as well
            String found = Double.isNaN(share)
                    ? "something that is no number"
                    : String.format(Locale.ROOT, "a squared error of %.2g of the result", share);
            throw new DeviceFailure(
                    device.id(),
                    DeviceFailure.Phase.SELF_TEST,
                    device.id() + " (" + device.name() + ", " + device.platform() + ") computes wrongly: a block of "
                            + format + " weights came out with " + found
                            + ". Another driver may mend it; --device cpu does without",
                    null);
        }
    }

    private static float[] results(Device device, Layer block) {
        int total = 0;
        for (int tokens : STEPS) {
            total += tokens;
        }
        float[] results = new float[total * WIDTH];
        SplittableRandom random = new SplittableRandom(7);
        try (CompiledLayer layer = device.compile(block);
                DeviceMemory in = device.allocate((long) Float.BYTES * MOST_TOKENS * WIDTH);
                DeviceMemory out = device.allocate((long) Float.BYTES * MOST_TOKENS * WIDTH)) {
            @Nullable LayerState state = device.newState(layer, total, KvType.F16);
            try {
                int position = 0;
                for (int tokens : STEPS) {
                    float[] x = new float[tokens * WIDTH];
                    for (int i = 0; i < x.length; i++) {
                        x[i] = (float) random.nextGaussian();
                    }
                    in.write(0, MemorySegment.ofArray(x));
                    layer.submit(new Step(position, tokens, 0), in, out, state).await();
                    float[] y = new float[tokens * WIDTH];
                    out.read(0, MemorySegment.ofArray(y));
                    System.arraycopy(y, 0, results, position * WIDTH, y.length);
                    position += tokens;
                }
            } finally {
                if (state != null) {
                    state.close();
                }
            }
        }
        return results;
    }

    private static Layer block(RandomWeights w, DType format) {
        LayerBuilder b = new LayerBuilder("self-test of " + format, Layer.Kind.BLOCK, WIDTH);
        float[] factors = new float[HEAD_DIM / 2];
        for (int i = 0; i < factors.length; i++) {
            factors[i] = (float) Math.pow(10_000, -2.0 * i / HEAD_DIM);
        }
        Rotation rotation = new Rotation(Rotation.Pairing.INTERLEAVED, factors, 1);
        // Gains that make up for the size of random weights: keys and gates of about 1, where nothing tips over for a
        // rounding.
        float[] sample = BlockCodec.floats(matrix(w, format, "q"));
        double squares = 0;
        for (float value : sample) {
            squares += (double) value * value;
        }
        float gain = (float) Math.sqrt(sample.length / squares / WIDTH);
        int u = b.add(norm(w, "first gain", gain), b.input());
        int q = b.add(new Op.Rope(HEADS, HEAD_DIM, rotation), b.add(linear(w, format, "q"), u));
        int k = b.add(new Op.Rope(HEADS, HEAD_DIM, rotation), b.add(linear(w, format, "k"), u));
        int v = b.add(linear(w, format, "v"), u);
        int a = b.add(new Op.Attention(HEADS, HEADS, HEAD_DIM, 0.125f, 0), q, k, v);
        int o = b.add(linear(w, format, "o"), a);
        int f = b.add(
                new Op.GatedFfn(
                        matrix(w, format, "gate"), matrix(w, format, "up"), matrix(w, format, "down"), Activation.SILU),
                b.add(norm(w, "second gain", gain), o));
        // Not with the input, which would hide how wrong the rest is.
        b.add(new Op.Add(WIDTH), o, f);
        return b.build();
    }

    private static Op.RmsNorm norm(RandomWeights w, String name, float gain) {
        return new Op.RmsNorm(w.vector(name, WIDTH, gain), 1e-12f, WIDTH);
    }

    private static Op.Linear linear(RandomWeights w, DType format, String name) {
        return new Op.Linear(matrix(w, format, name), null);
    }

    private static Tensor matrix(RandomWeights w, DType format, String name) {
        return w.matrix(name, format, WIDTH, WIDTH);
    }
}
