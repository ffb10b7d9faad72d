package dev.sluice.benches;

import dev.sluice.backend.CompiledLayer;
import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceMemory;
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
 * Matrix products on any device: gigabytes of packed weights a second ({@code :gigabytes}, what counts for one token) and
 * floating-point operations ({@code :gigaflops}, what counts for many), and both as shares of what the CPU reaches with as
 * many threads in the same run ({@code :readPercent}, {@code :floatPercent}; see {@link Peaks}). For one token the matrices
 * together exceed every cache; for many it is one.
 *
 * <pre>{@code
 * scripts/micro-bench LinearBench -p device=cpu
 * scripts/micro-bench LinearBench -p device=opencl:0 -p format=Q4_1 -p tokens=1
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

    @Param("cpu")
    public String device = "";

    @Param({"Q4_0", "Q4_1", "Q5_0", "Q8_0", "Q4_K", "Q6_K", "F16", "F32"})
    public DType format = DType.F32;

    @Param({"1", "512"})
    public int tokens;

    /** Of the CPU, 0 for all. */
    @Param("0")
    public int threads;

    /** What a trial works with. */
    private record Opened(
            Arena weights, Device device, List<CompiledLayer> layers, DeviceMemory x, DeviceMemory y, Peaks peaks) {}

    private @Nullable Opened opened;

    /** Work done, for the columns of the result. */
    @AuxCounters(AuxCounters.Type.OPERATIONS)
    @State(Scope.Thread)
    public static class Work {
        public double gigabytes;
        public double gigaflops;
        /** Of the bytes that the CPU can read in the time. */
        public double readPercent;
        /** Of the 32-bit multiply-adds that the CPU can do in the time. */
        public double floatPercent;

        /** Begins an iteration. */
        @Setup(Level.Iteration)
        public void clear() {
            gigabytes = 0;
            gigaflops = 0;
            readPercent = 0;
            floatPercent = 0;
        }
    }

    @Setup(Level.Trial)
    public void open() {
        Arena weights = Arena.ofShared();
        Device open = Devices.open(device, threads, tokens);
        Peaks peaks = Peaks.measure(threads);
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
        opened = new Opened(weights, open, layers, x, open.allocate(4L * SIZE * tokens), peaks);
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
        double gigabytes = 1e-9 * o.layers.size() * format.bytes(SIZE) * SIZE;
        double gigaflops = 2e-9 * o.layers.size() * SIZE * SIZE * tokens;
        work.gigabytes += gigabytes;
        work.gigaflops += gigaflops;
        work.readPercent += 100 * gigabytes / o.peaks.readRate();
        work.floatPercent += 100 * gigaflops / o.peaks.floatRate();
    }
}
