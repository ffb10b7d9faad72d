package dev.sluice.benches;

import dev.sluice.backend.Backend;
import dev.sluice.backend.CompiledLayer;
import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceInfo;
import dev.sluice.backend.DeviceMemory;
import dev.sluice.backend.DeviceOptions;
import dev.sluice.backend.Fence;
import dev.sluice.backend.Step;
import dev.sluice.graph.Layer;
import dev.sluice.graph.LayerBuilder;
import dev.sluice.graph.Op;
import dev.sluice.tensor.DType;
import dev.sluice.tensor.Shape;
import dev.sluice.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.ServiceLoader;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Matrix products on any device: gigabytes of packed weights a second ({@code :gigabytes}, what counts for one token)
 * and floating-point operations ({@code :gigaflops}, what counts for many). The matrices together exceed every cache.
 *
 * <pre>{@code
 * ./mvnw -q -pl benches -am package -DskipTests
 * java --add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED \
 *     -cp 'benches/target/lib/*:benches/target/classes' org.openjdk.jmh.Main LinearBench -p device=opencl:0
 * }</pre>
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@State(Scope.Benchmark)
public class LinearBench {
    private static final int SIZE = 2048;
    private static final long ALL_BYTES = 256L << 20;

    @Param("opencl:0")
    public String device = "";

    @Param({"Q4_0", "Q4_1", "Q8_0", "Q4_K", "Q6_K", "F16", "F32"})
    public DType format = DType.F32;

    @Param({"1", "512"})
    public int tokens;

    /** What a trial works with. */
    private record Opened(Arena weights, Device device, List<CompiledLayer> layers, DeviceMemory x, DeviceMemory y) {}

    private @Nullable Opened opened;

    /** Work done, for the columns of the result. */
    @AuxCounters(AuxCounters.Type.OPERATIONS)
    @State(Scope.Thread)
    public static class Work {
        public double gigabytes;
        public double gigaflops;
    }

    @Setup(Level.Trial)
    public void open() {
        Arena weights = Arena.ofShared();
        Device open = find();
        int count = (int) Math.max(1, ALL_BYTES / (format.bytes(SIZE) * SIZE));
        List<CompiledLayer> layers = new ArrayList<>();
        for (int i = 0; i < (tokens == 1 ? count : 1); i++) {
            MemorySegment data = weights.allocate(format.bytes(SIZE) * SIZE, 64);
            // Small normal numbers in every format.
            data.fill((byte) 0x11);
            LayerBuilder layer = new LayerBuilder("matrix " + i, Layer.Kind.BLOCK, SIZE);
            layer.add(
                    new Op.Linear(new Tensor("matrix " + i, format, Shape.of(SIZE, SIZE), data), null), layer.input());
            layers.add(open.compile(layer.build()));
        }
        DeviceMemory x = open.allocate(4L * SIZE * tokens);
        x.write(0, MemorySegment.ofArray(new float[SIZE * tokens]));
        opened = new Opened(weights, open, layers, x, open.allocate(4L * SIZE * tokens));
    }

    private Device find() {
        List<String> present = new ArrayList<>();
        for (Backend backend : ServiceLoader.load(Backend.class)) {
            for (DeviceInfo info : backend.discover().devices()) {
                if (info.id().equals(device)) {
                    return backend.open(info, new DeviceOptions(0, tokens));
                }
                present.add(info.id());
            }
        }
        throw new IllegalArgumentException("no device " + device + "; there are " + present);
    }

    @TearDown(Level.Trial)
    public void close() {
        Opened o = Objects.requireNonNull(opened);
        o.device.close();
        o.weights.close();
    }

    /** All matrices once, one after another, and one wait. */
    @Benchmark
    public void multiply(Work work) {
        Opened o = Objects.requireNonNull(opened);
        Step step = new Step(0, tokens, tokens);
        Fence fence = Fence.DONE;
        for (CompiledLayer layer : o.layers) {
            fence = layer.submit(step, o.x, o.y);
        }
        fence.await();
        work.gigabytes += 1e-9 * o.layers.size() * format.bytes(SIZE) * SIZE;
        work.gigaflops += 2e-9 * o.layers.size() * SIZE * SIZE * tokens;
    }
}
