package dev.sluice.benches;

import dev.sluice.backend.CompiledLayer;
import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceMemory;
import dev.sluice.backend.KvType;
import dev.sluice.backend.LayerState;
import dev.sluice.backend.Step;
import dev.sluice.graph.Layer;
import dev.sluice.graph.LayerBuilder;
import dev.sluice.graph.Op;
import dev.sluice.tensor.DType;
import dev.sluice.tensor.Shape;
import dev.sluice.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
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
 * Attention on any device, by the length of the context behind it: gigabytes of KV cache that one pass over it reads per
 * second ({@code :gigabytes}, what counts for one token) and floating-point operations ({@code :gigaflops}, what counts
 * for many). A layer must get its keys and values from somewhere, so two small matrix products are in the time, a hundredth
 * of what SmolLM2's attention reads at a length of 2048.
 *
 * <pre>{@code
 * scripts/micro-bench AttentionBench -p device=cpu -p kv=F16
 * }</pre>
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@State(Scope.Benchmark)
public class AttentionBench {
    private static final int HEAD_DIM = 64;
    /** Layers at work in turn, so that a long cache does not stay in the processor's: a model's layers do not, either. */
    private static final int LAYERS = 8;

    @Param("cpu")
    public String device = "";

    @Param("0")
    public int threads;

    /** Query heads and KV heads: SmolLM2's. */
    @Param("9,3")
    public String heads = "";

    @Param({"F16", "F32"})
    public KvType kv = KvType.F16;

    /** Tokens in the cache before the step's. */
    @Param({"128", "512", "2048", "8000"})
    public int length;

    @Param({"1", "512"})
    public int tokens;

    private record Opened(
            Arena weights,
            Device device,
            CompiledLayer layer,
            List<LayerState> caches,
            DeviceMemory x,
            DeviceMemory y) {}

    private @Nullable Opened opened;
    private int queryHeads;
    private int kvHeads;

    /** Work done, for the columns of the result. */
    @AuxCounters(AuxCounters.Type.OPERATIONS)
    @State(Scope.Thread)
    public static class Work {
        public double gigabytes;
        public double gigaflops;

        /** Begins an iteration. */
        @Setup(Level.Iteration)
        public void clear() {
            gigabytes = 0;
            gigaflops = 0;
        }
    }

    /** Fills the caches. */
    @Setup(Level.Trial)
    public void open() {
        queryHeads = Integer.parseInt(heads.substring(0, heads.indexOf(',')));
        kvHeads = Integer.parseInt(heads.substring(heads.indexOf(',') + 1));
        int width = queryHeads * HEAD_DIM;
        int batch = Math.max(tokens, 512);
        Arena weights = Arena.ofShared();
        Device open = Devices.open(device, threads, batch);
        LayerBuilder builder = new LayerBuilder("attention", Layer.Kind.BLOCK, width);
        int keys = builder.add(projection("keys", width, weights, 1), builder.input());
        int values = builder.add(projection("values", width, weights, 2), builder.input());
        float scale = (float) (1 / Math.sqrt(HEAD_DIM));
        builder.add(new Op.Attention(queryHeads, kvHeads, HEAD_DIM, scale, 0), builder.input(), keys, values);
        CompiledLayer layer = open.compile(builder.build());
        DeviceMemory x = open.allocate(4L * width * batch);
        x.write(0, random(weights, width * batch, 1, 3));
        DeviceMemory y = open.allocate(4L * width * batch);
        List<LayerState> caches = new ArrayList<>();
        for (int i = 0; i < LAYERS; i++) {
            LayerState cache = Objects.requireNonNull(open.newState(layer, length + tokens, kv));
            caches.add(cache);
            for (int at = 0; at < length; at += batch) {
                layer.submit(new Step(at, Math.min(batch, length - at), 0), x, y, cache)
                        .await();
            }
        }
        opened = new Opened(weights, open, layer, caches, x, y);
    }

    private Op.Linear projection(String name, int width, Arena arena, long seed) {
        int rows = kvHeads * HEAD_DIM;
        MemorySegment data = random(arena, width * rows, (float) (1 / Math.sqrt(width)), seed);
        return new Op.Linear(new Tensor(name, DType.F32, Shape.of(width, rows), data), null);
    }

    /** Floats of this standard deviation. */
    private static MemorySegment random(Arena arena, int count, float deviation, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        MemorySegment data = arena.allocate(4L * count, 64);
        for (int i = 0; i < count; i++) {
            data.setAtIndex(ValueLayout.JAVA_FLOAT, i, deviation * (float) random.nextGaussian());
        }
        return data;
    }

    @TearDown(Level.Trial)
    public void close() {
        Opened o = Objects.requireNonNull(opened);
        o.device.close();
        o.weights.close();
    }

    /** One step in each of eight caches, one after another. */
    @Benchmark
    public void attend(Work work) {
        Opened o = Objects.requireNonNull(opened);
        Step step = new Step(length, tokens, 0);
        for (LayerState cache : o.caches) {
            o.layer.submit(step, o.x, o.y, cache).await();
        }
        double positions = length + (tokens + 1) / 2.0; // that a token looks at, on average
        work.gigabytes += 1e-9 * LAYERS * 2 * kv.bytes(HEAD_DIM) * kvHeads * (length + tokens);
        work.gigaflops += 1e-9 * LAYERS * 4 * tokens * positions * queryHeads * HEAD_DIM;
    }
}
