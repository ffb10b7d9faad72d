package dev.sluice.benches;

import dev.sluice.backend.Backend;
import dev.sluice.backend.CompiledLayer;
import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceInfo;
import dev.sluice.backend.DeviceMemory;
import dev.sluice.backend.DeviceOptions;
import dev.sluice.backend.Step;
import dev.sluice.graph.Layer;
import dev.sluice.graph.LayerBuilder;
import dev.sluice.graph.Op;
import dev.sluice.tensor.DType;
import dev.sluice.tensor.Shape;
import dev.sluice.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import java.util.ServiceLoader;
import java.util.concurrent.TimeUnit;
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
 * Matrix products of a device, by one token or many: the columns {@code :gigabytes} (10^9 bytes of weights as they lie in
 * the file) and {@code :gigaflops} a second.
 *
 * <pre>{@code
 * ./mvnw -q -pl benches -am package -DskipTests
 * java --add-modules jdk.incubator.vector -cp 'benches/target/lib/*:benches/target/classes' \
 *     org.openjdk.jmh.Main LinearBench -p device=cpu -p format=Q4_1,Q8_0 -p tokens=1,512
 * }</pre>
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@State(Scope.Benchmark)
public class LinearBench {
    /** A device's id. */
    @Param("cpu")
    public String device = "";

    /** Worker threads; 0 lets the device choose. */
    @Param("0")
    public int threads;

    @Param({"Q4_0", "Q4_1", "Q5_0", "Q8_0", "Q4_K", "Q6_K", "F16"})
    public DType format = DType.F32;

    @Param("2048")
    public int columns;

    /** With 2048 columns and more than 4 bits a weight, 65536 rows are larger than most caches. */
    @Param("65536")
    public int rows;

    @Param({"1", "512"})
    public int tokens;

    private final Arena arena = Arena.ofShared();

    @SuppressWarnings("NullAway.Init") // by open()
    private Device opened;

    @SuppressWarnings("NullAway.Init") // by open()
    private CompiledLayer layer;

    @SuppressWarnings("NullAway.Init") // by open()
    private DeviceMemory in;

    @SuppressWarnings("NullAway.Init") // by open()
    private DeviceMemory out;

    /** Opens the device and packs random weights: of the format's bits any are valid, and speed does not depend on them. */
    @Setup
    public void open() {
        MemorySegment data = arena.allocate(format.bytes(columns) * rows, 64);
        byte[] noise = new byte[1 << 16];
        new Random(1).nextBytes(noise);
        for (long at = 0; at < data.byteSize(); at += noise.length) {
            long count = Math.min(noise.length, data.byteSize() - at);
            MemorySegment.copy(MemorySegment.ofArray(noise), 0, data, at, count);
        }
        LayerBuilder builder = new LayerBuilder("product", Layer.Kind.BLOCK, columns);
        Tensor weight = new Tensor("weight", format, Shape.of(columns, rows), data);
        builder.add(new Op.Linear(weight, null), builder.input());
        opened = find();
        layer = opened.compile(builder.build());
        in = opened.allocate(4L * tokens * columns);
        in.write(0, MemorySegment.ofArray(new float[tokens * columns]));
        out = opened.allocate(4L * tokens * rows);
    }

    private Device find() {
        for (Backend backend : ServiceLoader.load(Backend.class)) {
            for (DeviceInfo info : backend.discover().devices()) {
                if (info.id().equals(device)) {
                    return backend.open(info, new DeviceOptions(threads, tokens));
                }
            }
        }
        throw new IllegalArgumentException("there is no device " + device);
    }

    /** One product, waited for. */
    @Benchmark
    public void multiply(Rate rate) {
        layer.submit(new Step(0, tokens, 0), in, out, null).await();
        rate.gigabytes += layer.layer().weightBytes() / 1e9;
        rate.gigaflops += 2e-9 * tokens * columns * rows;
    }

    @TearDown
    public void close() {
        opened.close();
        arena.close();
    }

    /** Counts what was computed. */
    @AuxCounters(AuxCounters.Type.OPERATIONS)
    @State(Scope.Thread)
    public static class Rate {
        /** Gigabytes of weights read. */
        public double gigabytes;

        /** Floating-point operations, in thousand millions. */
        public double gigaflops;

        /** Begins an iteration. */
        @Setup(Level.Iteration)
        public void clear() {
            gigabytes = 0;
            gigaflops = 0;
        }
    }
}
