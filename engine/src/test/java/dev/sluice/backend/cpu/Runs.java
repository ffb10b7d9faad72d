package dev.sluice.backend.cpu;

import dev.sluice.backend.CompiledLayer;
import dev.sluice.backend.CpuKernels;
import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceMemory;
import dev.sluice.backend.DeviceOptions;
import dev.sluice.backend.LayerState;
import dev.sluice.backend.Precision;
import dev.sluice.backend.Step;
import dev.sluice.graph.Layer;
import dev.sluice.graph.LayerBuilder;
import dev.sluice.graph.Op;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Runs single operations on the CPU device as a layer of their own. */
final class Runs {
    private Runs() {}

    static Device open(boolean scalar, int threads, int batchTokens) {
        CpuBackend backend = new CpuBackend();
        DeviceOptions options = new DeviceOptions(threads, batchTokens, Precision.EXACT, CpuKernels.AUTO);
        return scalar
                ? backend.openScalar(options)
                : backend.open(backend.discover().devices().getFirst(), options);
    }

    /** A layer of one operation that reads the layer's input alone. */
    static Layer layer(Op op, Layer.Kind kind, int inputWidth) {
        LayerBuilder builder = new LayerBuilder("test", kind, inputWidth);
        builder.add(op, builder.input());
        return builder.build();
    }

    static float[] run(Device device, Op op, int inputWidth, float[] x) {
        try (CompiledLayer layer = device.compile(layer(op, Layer.Kind.BLOCK, inputWidth))) {
            return run(device, layer, new Step(0, x.length / inputWidth, 0), x, null);
        }
    }

    static float[] run(Device device, CompiledLayer layer, Step step, float[] x, @Nullable LayerState state) {
        float[] y = new float[step.tokens() * layer.layer().outputWidth()];
        try (DeviceMemory in = device.allocate(4L * x.length);
                DeviceMemory out = device.allocate(4L * y.length)) {
            in.write(0, MemorySegment.ofArray(x));
            layer.submit(step, in, out, state).await();
            out.read(0, MemorySegment.ofArray(y));
        }
        return y;
    }

    static float[] normal(int count, long seed) {
        Random random = new Random(seed);
        float[] x = new float[count];
        for (int i = 0; i < count; i++) {
            x[i] = (float) random.nextGaussian();
        }
        return x;
    }
}
