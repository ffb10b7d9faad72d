package dev.sluice.backend.cpu;

import dev.sluice.backend.CompiledLayer;
import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceInfo;
import dev.sluice.backend.DeviceMemory;
import dev.sluice.backend.DeviceOptions;
import dev.sluice.backend.Fence;
import dev.sluice.backend.KvType;
import dev.sluice.backend.LayerState;
import dev.sluice.backend.StateSource;
import dev.sluice.backend.Step;
import dev.sluice.backend.StreamedLayer;
import dev.sluice.backend.WeightImage;
import dev.sluice.backend.WeightSlot;
import dev.sluice.backend.tiles.ImageLayout;
import dev.sluice.backend.tiles.WeightLayout;
import dev.sluice.error.SluiceException;
import dev.sluice.graph.Layer;
import dev.sluice.graph.Node;
import dev.sluice.graph.Op;
import dev.sluice.system.PageMemory;
import dev.sluice.system.PhysicalMemory;
import dev.sluice.tensor.BlockCodec;
import dev.sluice.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The CPU as a device: a worker pool, the packed weights, and scratch memory that all layers share. */
final class CpuDevice implements Device {
    /** Where the matrices of a streamed layer begin in its image: at a cache line. */
    private static final long IMAGE_ALIGNMENT = 64;

    private final DeviceInfo info;
    private final int batchTokens;
    private final Kernels kernels;
    private final Arena arena = Arena.ofShared();
    private final List<Scratch> scratches = new ArrayList<>();
    private final WorkerPool pool;
    private final WeightStore weights;
    private final List<RotationTable> rotations = new ArrayList<>();
    private final Set<AutoCloseable> open = Collections.newSetFromMap(new IdentityHashMap<>());
    private final ReentrantLock lock = new ReentrantLock();
    private float[] scratch = new float[0];
    private float[] gathered = new float[0];
    /** Room for the rounded values of a layer; grows when layers are compiled. */
    private MemorySegment rounded = MemorySegment.NULL;
    /** Layers that are bound and run in the next region. */
    private @Nullable CpuLayer[] queue = new CpuLayer[64];

    private int queued;
    private final WorkerPool.Region region = this::work;
    private final LayerTimes times;
    private boolean closed;

    CpuDevice(DeviceInfo info, DeviceOptions options, Kernels kernels) {
        this.info = info;
        times = new LayerTimes(info.id());
        this.kernels = kernels;
        batchTokens = options.batchTokens();
        int threads = options.threads() > 0 ? options.threads() : CpuFacts.defaultThreads();
        for (int i = 0; i < threads; i++) {
            scratches.add(new Scratch(arena, i));
        }
        pool = new WorkerPool(threads, scratches);
        weights = new WeightStore(pool, kernels);
    }

    @Override
    public DeviceInfo info() {
        return info;
    }

    @Override
    public String path() {
        return "CPU: " + pool.count() + (pool.count() == 1 ? " thread, " : " threads, ") + kernels.description();
    }

    @Override
    public long residentBytes(Layer layer) {
        requireComputed(layer);
        long bytes = 0;
        if (kernels.packs()) {
            for (Tensor matrix : matrices(layer)) {
                bytes += WeightStore.packedBytes(matrix);
            }
        }
        for (Tensor vector : vectors(layer)) {
            bytes += vector.shape().elements() * Float.BYTES;
        }
        return bytes;
    }

    @Override
    public long availableBytes() {
        return PhysicalMemory.available();
    }

    @Override
    public CompiledLayer compile(Layer layer) {
        return compile(List.of(layer), (done, total) -> {}).getFirst();
    }

    @Override
    public List<CompiledLayer> compile(List<Layer> layers, Loading loading) {
        lock.lock();
        List<CompiledLayer> compiled = new ArrayList<>();
        boolean done = false;
        try {
            requireOpen();
            Set<Tensor> matrices = new LinkedHashSet<>();
            for (Layer layer : layers) {
                requireComputed(layer);
                matrices.addAll(matrices(layer));
            }
            weights.reserve(matrices);
            for (Layer layer : layers) {
                compiled.add(compileUnpacked(layer));
            }
            weights.pack(loading);
            done = true;
            return compiled;
        } finally {
            if (!done) {
                compiled.reversed().forEach(CompiledLayer::close);
            }
            weights.endReservation();
            lock.unlock();
        }
    }

    private CompiledLayer compileUnpacked(Layer layer) {
        long resident = residentBytes(layer);
        List<Tensor> acquired = new ArrayList<>();
        boolean done = false;
        try {
            CpuLayer compiled = compile(
                    layer,
                    tensor -> {
                        Matrix matrix = weights.acquire(tensor);
                        acquired.add(tensor);
                        return matrix;
                    },
                    acquired,
                    resident);
            done = true;
            return compiled;
        } finally {
            if (!done) {
                acquired.forEach(weights::release);
            }
        }
    }

    /**
     * Makes a layer ready to run, and the scratch memory large enough for it.
     *
     * @param acquired what is to be given back when the layer is closed
     */
    private CpuLayer compile(Layer layer, Function<Tensor, Matrix> find, List<Tensor> acquired, long resident) {
        List<RotationTable> tables = new ArrayList<>();
        LayerStages built = new LayerStages(layer, kernels, scratches, find, op -> {
            RotationTable table = rotation(op);
            tables.add(table);
            return table;
        });
        CpuLayer compiled = new CpuLayer(this, layer, built, acquired, tables, resident);
        growScratch(layer, compiled.scratchFloatsPerToken());
        if (rounded.byteSize() < compiled.roundedBytes(batchTokens)) {
            rounded = PageMemory.allocate(arena, compiled.roundedBytes(batchTokens));
        }
        open.add(compiled);
        return compiled;
    }

    @Override
    public long workspaceBytes(List<Layer> layers, int context) {
        long most = 0;
        for (Layer layer : layers) {
            long floats = 0;
            for (Node node : layer.nodes()) {
                floats += node.op() instanceof Op.GatedFfn f
                        ? 2L * f.hidden() + f.width()
                        : node.op().width();
            }
            most = Math.max(most, Float.BYTES * floats * batchTokens);
        }
        return most;
    }

    @Override
    public long imageBytes(Layer layer) {
        requireComputed(layer);
        return kernels.packs() ? image(layer).bytes() : 0;
    }

    private static ImageLayout image(Layer layer) {
        return new ImageLayout(matrices(layer), WeightLayout.TILES, IMAGE_ALIGNMENT);
    }

    @Override
    public StreamedLayer compileStreamed(Layer layer) {
        lock.lock();
        try {
            requireOpen();
            requireComputed(layer);
            if (imageBytes(layer) == 0) {
                throw new IllegalArgumentException(layer.name() + " has nothing that could be streamed");
            }
            ImageLayout image = image(layer);
            Map<Tensor, Matrix> matrices = new HashMap<>();
            CpuLayer computing = compile(
                    layer,
                    tensor -> matrices.computeIfAbsent(tensor, t -> new Matrix(t, MemorySegment.NULL)),
                    List.of(),
                    residentBytes(layer) - packedBytes(image));
            return new CpuStreamedLayer(this, computing, image, matrices);
        } finally {
            lock.unlock();
        }
    }

    private static long packedBytes(ImageLayout image) {
        return image.places().stream().mapToLong(ImageLayout.Place::bytes).sum();
    }

    @Override
    public WeightImage newImage(long bytes) {
        lock.lock();
        try {
            requireOpen();
            CpuImage image = new CpuImage(this, bytes);
            open.add(image);
            return image;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public WeightSlot newSlot(long bytes) {
        return new CpuSlot(this, bytes);
    }

    private void growScratch(Layer layer, long floatsPerToken) {
        // The head's logits and an argument's index are written to the caller's memory; all else may be scratch.
        long floats = layer.kind() == Layer.Kind.HEAD
                ? (floatsPerToken - layer.outputWidth()) * batchTokens
                : floatsPerToken * batchTokens;
        if (floats > Integer.MAX_VALUE - 8) {
            throw new SluiceException(layer.name() + " needs " + floats * Float.BYTES + " bytes of scratch for "
                    + batchTokens + " tokens: use smaller batches");
        }
        if (scratch.length < floats) {
            scratch = new float[(int) floats];
        }
        if (layer.kind() == Layer.Kind.HEAD && gathered.length < layer.inputWidth() * batchTokens) {
            gathered = new float[layer.inputWidth() * batchTokens];
        }
        for (Node node : layer.nodes()) {
            for (Scratch own : scratches) {
                kernels.reserve(node.op(), own);
            }
        }
    }

    private RotationTable rotation(Op.Rope op) {
        for (RotationTable table : rotations) {
            if (table.serves(op.rotation())) {
                return table;
            }
        }
        RotationTable table = new RotationTable(op.rotation(), batchTokens);
        rotations.add(table);
        return table;
    }

    @Override
    public @Nullable LayerState newState(CompiledLayer layer, int capacity, KvType type) {
        lock.lock();
        try {
            requireOpen();
            Op.Attention op = layer.layer().attention().orElse(null);
            if (op == null) {
                return null;
            }
            KvCache cache = new KvCache(this, op, capacity, type);
            open.add(cache);
            return cache;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public DeviceMemory allocate(long bytes) {
        lock.lock();
        try {
            requireOpen();
            CpuMemory memory = new CpuMemory(this, bytes);
            open.add(memory);
            return memory;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Fence submit(
            List<CompiledLayer> layers,
            Step step,
            DeviceMemory in,
            DeviceMemory between,
            DeviceMemory out,
            StateSource states) {
        lock.lock();
        try {
            requireOpen();
            int last = layers.size() - 1;
            DeviceMemory from = in;
            queued = 0;
            for (int i = 0; i <= last; i++) {
                CpuLayer layer = own(layers.get(i));
                DeviceMemory to = i == last ? out : between;
                if (layer.bind(step, from, to, states.of(i))) {
                    enqueue(layer);
                }
                from = between;
            }
            runQueue(step);
            return Fence.DONE;
        } finally {
            lock.unlock();
        }
    }

    private CpuLayer own(CompiledLayer layer) {
        CompiledLayer computing = layer instanceof CpuStreamedLayer streamed ? streamed.computing() : layer;
        if (computing instanceof CpuLayer own && own.belongsTo(this)) {
            return own;
        }
        throw new IllegalArgumentException(layer.layer().name() + " is another device's");
    }

    /** Runs one layer; see {@link CompiledLayer#submit}. */
    void submit(CpuLayer layer, Step step, DeviceMemory in, DeviceMemory out, @Nullable LayerState[] states) {
        lock.lock();
        try {
            queued = 0;
            if (layer.bind(step, in, out, states)) {
                enqueue(layer);
            }
            runQueue(step);
        } finally {
            lock.unlock();
        }
    }

    private void enqueue(CpuLayer layer) {
        if (queued == queue.length) {
            queue = Arrays.copyOf(queue, 2 * queued);
        }
        queue[queued++] = layer;
    }

    private void runQueue(Step step) {
        if (queued > 0) {
            times.begin(queued);
            pool.run(region);
            times.tell(step);
        }
    }

    /** What a worker does in a region: its share of every layer of the queue, one parallel region for all of them. */
    private void work(Worker worker) {
        for (int i = 0; i < queued; i++) {
            if (i > 0) {
                pool.barrier(worker);
            }
            CpuLayer layer = Objects.requireNonNull(queue[i]);
            layer.work(worker);
            times.ended(worker, layer);
        }
    }

    WorkerPool pool() {
        return pool;
    }

    float[] scratch() {
        return scratch;
    }

    /** Room for a layer's rounded values. */
    MemorySegment rounded() {
        return rounded;
    }

    /** Room for a batch of a head's input rows. */
    float[] gathered() {
        return gathered;
    }

    int batchTokens() {
        return batchTokens;
    }

    /** Keeps everything else from running on the device, until {@link #unlock}. */
    void lock() {
        lock.lock();
    }

    void unlock() {
        lock.unlock();
    }

    /** Runs something while nothing else runs on the device. */
    void exclusively(Runnable work) {
        lock.lock();
        try {
            work.run();
        } finally {
            lock.unlock();
        }
    }

    void forget(AutoCloseable owned) {
        if (open.remove(owned) && owned instanceof CpuLayer layer) {
            layer.matrices().forEach(weights::release);
        }
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("the CPU device has been closed");
        }
    }

    private static SluiceException notComputed(Layer layer, Tensor tensor) {
        return new SluiceException("tensor '" + tensor.name() + "' of " + layer.name() + " has the format "
                + tensor.type() + ", which the CPU backend does not compute: use the model in another format");
    }

    private static void requireComputed(Layer layer) {
        for (Tensor tensor : layer.weights()) {
            if (!BlockCodec.supports(tensor.type())) {
                throw notComputed(layer, tensor);
            }
        }
    }

    private static Set<Tensor> matrices(Layer layer) {
        Set<Tensor> all = new LinkedHashSet<>();
        for (Node node : layer.nodes()) {
            switch (node.op()) {
                case Op.Linear op -> all.add(op.weight());
                case Op.GatedFfn op -> all.addAll(List.of(op.gate(), op.up(), op.down()));
                case Op.Embed op -> {}
                case Op.RmsNorm op -> {}
                case Op.Rope op -> {}
                case Op.Attention op -> {}
                case Op.Add op -> {}
                case Op.ArgMax op -> {}
            }
        }
        return all;
    }

    private static Set<Tensor> vectors(Layer layer) {
        Set<Tensor> all = new LinkedHashSet<>(layer.weights());
        all.removeAll(matrices(layer));
        for (Node node : layer.nodes()) {
            if (node.op() instanceof Op.Embed embed) {
                all.remove(embed.table()); // read where it lies, in the mapped file
            }
        }
        return all;
    }

    @Override
    public void close() {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            for (AutoCloseable owned : List.copyOf(open)) {
                switch (owned) {
                    case CpuLayer layer -> layer.close();
                    case KvCache cache -> cache.close();
                    case CpuMemory memory -> memory.close();
                    case CpuImage image -> image.close();
                    default -> throw new IllegalStateException("cannot own " + owned);
                }
            }
            closed = true;
            pool.close();
            weights.close();
            kernels.close();
            arena.close();
            scratch = new float[0];
            gathered = new float[0];
        } finally {
            lock.unlock();
        }
    }
}
