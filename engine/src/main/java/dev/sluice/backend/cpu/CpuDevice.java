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
import dev.sluice.graph.Layer;
import dev.sluice.graph.Op;
import dev.sluice.system.PhysicalMemory;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The CPU as a device: puts workers, weights, layers and workspace together, lets one thread at a time have them, and closes them
 * in order.
 */
final class CpuDevice implements Device {
    /** What a device closes if its user does not: KV caches, activations, images. */
    interface Owned extends AutoCloseable {
        @Override
        void close();
    }

    private final DeviceInfo info;
    private final int batchTokens;
    private final Kernels kernels;
    private final Workspace workspace;
    private final WorkerPool pool;
    private final WeightStore weights;
    private final CompiledLayers layers;
    private final LayerQueue queue;
    private final Set<Owned> open = Collections.newSetFromMap(new IdentityHashMap<>());
    private final ReentrantLock lock = new ReentrantLock();
    private boolean closed;

    CpuDevice(DeviceInfo info, DeviceOptions options, Kernels kernels) {
        this.info = info;
        this.kernels = kernels;
        batchTokens = options.batchTokens();
        int threads = options.threads() > 0 ? options.threads() : CpuFacts.defaultThreads();
        workspace = new Workspace(kernels, threads, batchTokens);
        pool = new WorkerPool(threads, workspace.workers());
        weights = new WeightStore(pool, kernels);
        layers = new CompiledLayers(this, kernels, workspace, weights);
        queue = new LayerQueue(pool, new LayerTimes(info.id()));
    }

    // ---- what the parts of this package ask of their device ----

    int batchTokens() {
        return batchTokens;
    }

    WorkerPool pool() {
        return pool;
    }

    Workspace workspace() {
        return workspace;
    }

    CompiledLayers layers() {
        return layers;
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

    /** Something was closed that the device owned. */
    void forget(Owned owned) {
        open.remove(owned);
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("the CPU device has been closed");
        }
    }

    private <T> T whileOpen(Supplier<T> work) {
        lock.lock();
        try {
            requireOpen();
            return work.get();
        } finally {
            lock.unlock();
        }
    }

    private <T extends Owned> T owning(T made) {
        open.add(made);
        return made;
    }

    // ---- the contract ----

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
        return layers.residentBytes(layer);
    }

    @Override
    public long availableBytes() {
        return PhysicalMemory.available();
    }

    @Override
    public long workspaceBytes(List<Layer> all, int context) {
        return Workspace.mostBytes(all, batchTokens);
    }

    @Override
    public CompiledLayer compile(Layer layer) {
        return compile(List.of(layer), (done, total) -> {}).getFirst();
    }

    @Override
    public List<CompiledLayer> compile(List<Layer> all, Loading loading) {
        return whileOpen(() -> layers.compile(all, loading));
    }

    @Override
    public long imageBytes(Layer layer) {
        return layers.imageBytes(layer);
    }

    @Override
    public StreamedLayer compileStreamed(Layer layer) {
        return whileOpen(() -> layers.compileStreamed(layer));
    }

    @Override
    public WeightImage newImage(long bytes) {
        return whileOpen(() -> owning(new CpuImage(this, bytes)));
    }

    @Override
    public WeightSlot newSlot(long bytes) {
        return new CpuSlot(this, bytes);
    }

    @Override
    public @Nullable LayerState newState(CompiledLayer layer, int capacity, KvType type) {
        lock.lock();
        try {
            requireOpen();
            Op.Attention op = layer.layer().attention().orElse(null);
            return op == null ? null : owning(new KvCache(this, op, capacity, type));
        } finally {
            lock.unlock();
        }
    }

    @Override
    public DeviceMemory allocate(long bytes) {
        return whileOpen(() -> owning(new CpuMemory(this, bytes)));
    }

    @Override
    public Fence submit(
            List<CompiledLayer> through,
            Step step,
            DeviceMemory in,
            DeviceMemory between,
            DeviceMemory out,
            StateSource states) {
        lock.lock();
        try {
            requireOpen();
            int last = through.size() - 1;
            DeviceMemory from = in;
            queue.clear();
            for (int i = 0; i <= last; i++) {
                CpuLayer layer = layers.own(through.get(i));
                DeviceMemory to = i == last ? out : between;
                if (layer.bind(step, from, to, states.of(i))) {
                    queue.add(layer);
                }
                from = between;
            }
            queue.run(step);
            return Fence.DONE;
        } finally {
            lock.unlock();
        }
    }

    /** Runs one layer; see {@link CompiledLayer#submit}. */
    void submit(CpuLayer layer, Step step, DeviceMemory in, DeviceMemory out, @Nullable LayerState[] states) {
        lock.lock();
        try {
            queue.clear();
            if (layer.bind(step, in, out, states)) {
                queue.add(layer);
            }
            queue.run(step);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            layers.close();
            List.copyOf(open).forEach(Owned::close);
            closed = true;
            pool.close();
            weights.close();
            kernels.close();
            workspace.close();
        } finally {
            lock.unlock();
        }
    }
}
