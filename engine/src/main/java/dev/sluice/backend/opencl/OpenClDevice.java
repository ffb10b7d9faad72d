package dev.sluice.backend.opencl;

import dev.sluice.backend.CompiledLayer;
import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceInfo;
import dev.sluice.backend.DeviceMemory;
import dev.sluice.backend.DeviceOptions;
import dev.sluice.backend.Fence;
import dev.sluice.backend.KvType;
import dev.sluice.backend.LaunchProfile;
import dev.sluice.backend.LayerState;
import dev.sluice.backend.PeakMeter;
import dev.sluice.backend.Precision;
import dev.sluice.backend.StateSource;
import dev.sluice.backend.Step;
import dev.sluice.backend.StreamedLayer;
import dev.sluice.backend.TuneProgress;
import dev.sluice.backend.TuneReport;
import dev.sluice.backend.WeightImage;
import dev.sluice.backend.WeightSlot;
import dev.sluice.backend.tiles.ImageLayout;
import dev.sluice.backend.tiles.RowTiles;
import dev.sluice.backend.tiles.WeightLayout;
import dev.sluice.error.DeviceFailure;
import dev.sluice.error.SluiceException;
import dev.sluice.graph.Layer;
import dev.sluice.graph.Op;
import dev.sluice.graph.Rotation;
import dev.sluice.opencl.Buffer;
import dev.sluice.opencl.BufferFlag;
import dev.sluice.opencl.ClException;
import dev.sluice.opencl.Context;
import dev.sluice.opencl.DeviceType;
import dev.sluice.opencl.Event;
import dev.sluice.opencl.HostMemory;
import dev.sluice.opencl.Queue;
import dev.sluice.opencl.RepeatedRead;
import dev.sluice.tensor.Tensor;
import dev.sluice.trace.Timeline;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * An open OpenCL device: context, in-order queue, programs, weights, and scratch memory that all layers share, because
 * they run one after another. Everything that touches the queue or these goes through {@link #exclusively}.
 */
final class OpenClDevice implements Device {
    /** Local memory left to the kernels' own variables. */
    private static final long LOCAL_RESERVE = 4096;
    /** Where the matrices of a streamed layer begin in its image, at the least: kernels load vectors of so many bytes. */
    private static final long IMAGE_ALIGNMENT = 128;

    private final DeviceInfo info;
    private final dev.sluice.opencl.Device device;
    private final Tunings tunings;
    private final DeviceTuning tuning;
    private final boolean exact;
    private final int batchTokens;
    private final Context context;
    private Queue queue;
    private final Programs programs;
    private final Deadline deadline;
    private final WeightStore weights;
    private final MemoryAccount memory;
    /** What lies in the host's memory beyond the device's, where it computes from both. */
    private final MemoryAccount shared;

    private final boolean sharesHostMemory;
    private final Scratch scratch;
    private final DeviceSpans spans;
    private final LaunchRecorder recorder;
    private final List<RotationTable> rotations = new ArrayList<>();
    private final List<OpenClCompiledLayer> layers = new ArrayList<>();
    private final Steps steps = new Steps(this);
    private final Fence fence = this::awaitAll;
    /** Slots and images, which others own. */
    private final List<AutoCloseable> streaming = new ArrayList<>();

    private @Nullable Queue copies;
    private boolean closed;

    private OpenClDevice(
            DeviceInfo info,
            dev.sluice.opencl.Device device,
            DeviceOptions options,
            Tunings tunings,
            ProgramCache cache) {
        this.info = info;
        this.device = device;
        this.tunings = tunings;
        tuning = tunings.base();
        exact = options.precision() == Precision.EXACT;
        batchTokens = options.batchTokens();
        spans = new DeviceSpans(info.id());
        recorder = new LaunchRecorder(spans);
        context = Context.create(device);
        try {
            queue = newQueue();
        } catch (RuntimeException e) {
            context.close();
            throw e;
        }
        programs = new Programs(info, context, device, cache, tuning.compilers());
        deadline = new Deadline(programs::count);
        context.limitWaits(deadline::nanos);
        boolean onHost = device.info().type() == DeviceType.CPU;
        memory = new MemoryAccount(info, context, onHost, options.memoryLimit());
        sharesHostMemory = onHost || device.info().hostUnifiedMemory();
        shared = new MemoryAccount(info, context, true, 0);
        scratch = new Scratch(this);
        Upload upload = new Upload(this, sharesHostMemory, tuning.layout());
        weights = new WeightStore(this, upload, tuning.layout(), info.maxAllocationBytes());
    }

    /**
     * Opens a device.
     *
     * @throws SluiceException if the driver refuses
     */
    static OpenClDevice open(
            DeviceInfo info,
            dev.sluice.opencl.Device device,
            DeviceOptions options,
            Tunings tunings,
            ProgramCache cache) {
        if (!device.info().compiler()) {
            throw new SluiceException(
                    info.id() + " (" + device + ") cannot compile programs: install its full OpenCL driver");
        }
        try {
            return new OpenClDevice(info, device, options, tunings, cache);
        } catch (ClException e) {
            throw new DeviceFailure(
                    info.id(),
                    DeviceFailure.Phase.OPEN,
                    "The OpenCL device " + info.id() + " (" + device + ") cannot be opened: " + e.getMessage()
                            + ". Is it in use by another process, or its driver out of date?",
                    e);
        }
    }

    /** A queue whose commands tell when they ran, if somebody wants to know. */
    private Queue newQueue() {
        return Timeline.on() ? context.newProfilingQueue(device) : context.newQueue(device);
    }

    // ---- what the parts of this package ask of their device ----

    DeviceTuning tuning() {
        return tuning;
    }

    Tunings tunings() {
        return tunings;
    }

    /** The number format of KV caches that nobody chooses another for. */
    KvType usualKvType() {
        return exact ? KvType.F32 : KvType.F16;
    }

    Programs programs() {
        return programs;
    }

    WeightStore weights() {
        return weights;
    }

    int batchTokens() {
        return batchTokens;
    }

    int computeUnits() {
        return device.info().computeUnits();
    }

    /** Bytes that the parameters of a kernel may take. */
    long maxParameterBytes() {
        return device.info().maxParameterBytes();
    }

    long localMemoryForPanels() {
        return device.info().localMemory() - LOCAL_RESERVE;
    }

    /** What has been compiled so far. */
    synchronized Set<ProgramSource> compiled() {
        return programs.sources();
    }

    BoundKernel bind(ProgramSource source) {
        return new BoundKernel(source, programs.kernel(source), recorder);
    }

    /** A buffer that the host reaches fast: pinned memory, where the driver has that. The caller closes it. */
    Buffer newHostBuffer(long bytes) {
        return context.newBuffer(bytes, BufferFlag.HOST_ALLOCATED);
    }

    /** Kernels launched so far. */
    synchronized long launches() {
        return recorder.launches();
    }

    /** Runs something that uses the queue, one thread at a time. */
    synchronized void exclusively(Consumer<Queue> action) {
        requireOpen();
        try {
            action.accept(queue);
        } catch (ClException e) {
            throw gaveUp(e);
        }
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException(info.id() + " has been closed");
        }
    }

    private DeviceFailure gaveUp(ClException e) {
        steps.giveUp(); // so that what is closed next does not wait for it
        return failed(e);
    }

    private DeviceFailure failed(ClException e) {
        return Failing.at(info, e);
    }

    /** Runs something unless the device has been closed, which has then done it already. */
    synchronized void exclusivelyIfOpen(Runnable action) {
        if (!closed) {
            action.run();
        }
    }

    /**
     * A buffer counted against the device's memory.
     *
     * @param what is to be held, for the message
     * @throws SluiceException with the numbers if it does not fit
     */
    synchronized Buffer newBuffer(long bytes, String what) {
        if (closed) {
            throw new IllegalStateException(info.id() + " has been closed");
        }
        return memory.take(bytes, what);
    }

    /**
     * A buffer in the memory that the device shares with the host, which its own is not charged for.
     *
     * @param what is to be held, for the message
     * @throws SluiceException if there is none
     */
    synchronized Buffer newSharedBuffer(long bytes, String what) {
        requireOpen();
        return shared.take(bytes, what);
    }

    synchronized void free(Buffer buffer) {
        steps.recordings().forget(queue, buffer);
        memory.free(buffer);
        shared.free(buffer);
    }

    Scratch scratch() {
        return scratch;
    }

    RotationTable acquire(Rotation rotation) {
        RotationTable table = rotations.stream()
                .filter(t -> t.serves(rotation))
                .findFirst()
                .orElseGet(() -> {
                    RotationTable fresh = new RotationTable(this, rotation);
                    rotations.add(fresh);
                    return fresh;
                });
        table.users++;
        return table;
    }

    void release(RotationTable table) {
        if (--table.users == 0) {
            rotations.remove(table);
            table.close();
        }
    }

    Steps steps() {
        return steps;
    }

    /** Waits until nothing that was queued may have to be queued again: something that it uses is to go. */
    void settle() {
        exclusivelyIfOpen(() -> steps.settle(queue));
    }

    /** Waits for a command, while others may use the device. */
    void awaiting(Event event) {
        try {
            event.await();
        } catch (ClException e) {
            throw failed(e);
        }
    }

    /** Waits for a copy to the host, while others may use the device. */
    void awaiting(RepeatedRead read) {
        try {
            read.await();
            deadline.answered();
        } catch (ClException e) {
            throw failed(e);
        }
    }

    DeviceSpans spans() {
        return spans;
    }

    LaunchRecorder recorder() {
        return recorder;
    }

    /** Waits for all that was submitted so far. */
    private void awaitAll() {
        exclusively(q -> {
            q.finish();
            steps.settle(q);
            deadline.answered();
        });
    }

    void forget(OpenClCompiledLayer layer) {
        steps.forget(queue, layer);
        layers.remove(layer);
    }

    // ---- the contract ----

    @Override
    public DeviceInfo info() {
        return info;
    }

    @Override
    public synchronized String path() {
        int compiled = programs.compiled();
        String origin = compiled == 0 ? "cached" : compiled == programs.count() ? "compiled" : compiled + " compiled";
        return "OpenCL: " + info.name() + " (" + info.platform() + "), "
                + tunings.arithmetic() + ", "
                + (tuning.lanes() == 16
                        ? "16 rows a work-item"
                        : tuning.layout() == WeightLayout.PLANES ? "work-items share rows" : "a row a work-item")
                + (steps.chained() ? ", layers in one launch where that is faster" : "")
                + (steps.recordings().used() ? ", launches replayed where that is faster" : "")
                + ", " + tunings.origin()
                + ", "
                + programs.count()
                + " kernels (" + origin + ")";
    }

    @Override
    public int stepsAhead() {
        return 1;
    }

    @Override
    public synchronized void startProfile() {
        queue.finish();
        steps.settle(queue);
        if (!queue.profiling()) {
            steps.recordings().forgetAll(queue);
            Queue plain = queue;
            queue = context.newProfilingQueue(device);
            plain.close();
        }
        recorder.take();
    }

    @Override
    public synchronized Optional<LaunchProfile> takeProfile() {
        return queue.profiling() ? Optional.of(recorder.take()) : Optional.empty();
    }

    @Override
    public synchronized TuneReport tune(List<Layer> layers, boolean anew, TuneProgress progress) {
        return new Tuner(this).tune(layers, anew, progress);
    }

    @Override
    public long residentBytes(Layer layer) {
        long bytes = 0;
        Set<Tensor> matrices = matrices(layer);
        Set<Tensor> vectors = new HashSet<>();
        for (var node : layer.nodes()) {
            switch (node.op()) {
                case Op.Embed e -> {}
                case Op.RmsNorm n -> vectors.add(n.gain());
                case Op.Linear l -> {
                    if (l.bias() != null) {
                        vectors.add(l.bias());
                    }
                }
                case Op.GatedFfn f -> {}
                case Op.Rope r -> {}
                case Op.Attention a -> {}
                case Op.Add a -> {}
                case Op.ArgMax a -> {}
            }
        }
        for (Tensor tensor : matrices) {
            bytes += weights.matrixBytes(tensor);
        }
        for (Tensor tensor : vectors) {
            bytes += WeightStore.vectorBytes(tensor);
        }
        return bytes;
    }

    private static Set<Tensor> matrices(Layer layer) {
        Set<Tensor> matrices = new LinkedHashSet<>();
        for (var node : layer.nodes()) {
            switch (node.op()) {
                case Op.Embed e -> matrices.add(e.table());
                case Op.RmsNorm n -> {}
                case Op.Linear l -> matrices.add(l.weight());
                case Op.GatedFfn f -> matrices.addAll(List.of(f.gate(), f.up(), f.down()));
                case Op.Rope r -> {}
                case Op.Attention a -> {}
                case Op.Add a -> {}
                case Op.ArgMax a -> {}
            }
        }
        return matrices;
    }

    @Override
    public synchronized long availableBytes() {
        return memory.available();
    }

    @Override
    public long workspaceBytes(List<Layer> all, int context) {
        return Workspace.mostBytes(all, batchTokens, context);
    }

    @Override
    public synchronized CompiledLayer compile(Layer layer) {
        return compile(layer, null, false);
    }

    @Override
    public boolean sharesHostMemory() {
        return sharesHostMemory;
    }

    @Override
    public synchronized CompiledLayer compileShared(Layer layer) {
        if (!sharesHostMemory) {
            return Device.super.compileShared(layer);
        }
        return compile(layer, null, true);
    }

    private OpenClCompiledLayer compile(Layer layer, @Nullable StreamedMatrices streamed, boolean hosted) {
        if (closed) {
            throw new IllegalStateException(info.id() + " has been closed");
        }
        for (Tensor tensor : layer.weights()) {
            if (!RowTiles.supports(tensor.type())) {
                throw new SluiceException(tensor.name() + " is in the format " + tensor.type()
                        + ", for which there is no OpenCL kernel: convert the model to another format");
            }
        }
        try {
            programs.prepare(needed(layer));
            OpenClCompiledLayer compiled = new OpenClCompiledLayer(this, layer, streamed, hosted);
            layers.add(compiled);
            return compiled;
        } catch (ClException e) {
            throw failed(e);
        }
    }

    @Override
    public long imageBytes(Layer layer) {
        return layer.kind() == Layer.Kind.EMBEDDING ? 0 : image(layer).bytes();
    }

    private ImageLayout image(Layer layer) {
        return new ImageLayout(
                matrices(layer),
                tuning.layout(),
                Math.max(IMAGE_ALIGNMENT, device.info().baseAddressAlignment()));
    }

    @Override
    public synchronized StreamedLayer compileStreamed(Layer layer) {
        if (imageBytes(layer) == 0) {
            throw new IllegalArgumentException(layer.name() + " has nothing that could be streamed");
        }
        StreamedMatrices matrices = new StreamedMatrices(image(layer));
        return new OpenClStreamedLayer(this, compile(layer, matrices, false), matrices);
    }

    /** The queue of copies, beside that of the computation. */
    private Queue copies() {
        Queue present = copies;
        if (present == null) {
            present = newQueue();
            copies = present;
        }
        return present;
    }

    @Override
    public synchronized WeightImage newImage(long bytes) {
        return streaming(() -> new OpenClImage(this, HostMemory.pinned(copies(), bytes)), "pinned host memory", bytes);
    }

    @Override
    public synchronized WeightSlot newSlot(long bytes) {
        steps.settle(queue); // what is in a slot then is not there any more when a step is taken again
        return streaming(() -> new OpenClSlot(this, copies(), bytes), "a slot", bytes);
    }

    private <T extends AutoCloseable> T streaming(Supplier<T> make, String what, long bytes) {
        if (closed) {
            throw new IllegalStateException(info.id() + " has been closed");
        }
        try {
            T made = make.get();
            streaming.add(made);
            return made;
        } catch (ClException e) {
            throw new DeviceFailure(
                    info.id(),
                    DeviceFailure.Phase.ALLOCATE,
                    info.id() + " (" + info.name() + ") refuses " + bytes + " bytes of " + what
                            + " for streamed weights: " + e.getMessage(),
                    e);
        }
    }

    /** Whether weights are streamed: what a slot held at a step is gone when that should be taken again. */
    boolean streams() {
        return !streaming.isEmpty();
    }

    void forget(AutoCloseable closed) {
        streaming.remove(closed);
    }

    /** Waits for all that was queued, copies too. */
    void finish() {
        if (context.isLost()) {
            return;
        }
        queue.finish();
        if (copies != null) {
            copies.finish();
        }
    }

    /** The programs that take long to compile, so that they are compiled side by side. */
    private Set<ProgramSpec> needed(Layer layer) {
        Set<ProgramSpec> specs = new LinkedHashSet<>();
        for (var node : layer.nodes()) {
            List<Tensor> matrices = switch (node.op()) {
                case Op.Linear l -> List.of(l.weight());
                case Op.GatedFfn f -> List.of(f.gate(), f.up(), f.down());
                case Op.Embed e -> List.of();
                case Op.RmsNorm n -> List.of();
                case Op.Rope r -> List.of();
                case Op.Attention a -> List.of();
                case Op.Add a -> List.of();
                case Op.ArgMax a -> List.of();
            };
            for (Tensor matrix : matrices) {
                specs.addAll(tunings.programs(matrix.type(), matrix.shape().cols()));
            }
        }
        return specs;
    }

    @Override
    public synchronized @Nullable LayerState newState(CompiledLayer layer, int capacity, KvType type) {
        if (capacity <= 0) {
            throw new IllegalArgumentException("a KV cache of " + capacity + " tokens");
        }
        Op.Attention op = layer.layer().attention().orElse(null);
        if (op == null) {
            return null;
        }
        OpenClCompiledLayer own = own(layer);
        own.prepare(type);
        return new KvCache(this, op, capacity, type);
    }

    @Override
    public synchronized Fence submit(
            List<CompiledLayer> layers,
            Step step,
            DeviceMemory in,
            DeviceMemory between,
            DeviceMemory out,
            StateSource states) {
        requireOpen();
        if (Timeline.on() && !queue.profiling()) {
            startProfile(); // the timeline began after the device was opened
        }
        try {
            steps.submit(queue, layers, step, in, between, out, states);
            deadline.submitted(this, layers, step);
            return fence;
        } catch (ClException e) {
            throw gaveUp(e);
        }
    }

    /** See {@link DeviceMemory#write}. */
    synchronized void write(Buffer to, long offset, MemorySegment from) {
        requireOpen();
        try {
            steps.settle(queue); // steps may have to be taken again with what is here now
            queue.write(to, offset, from);
        } catch (ClException e) {
            throw gaveUp(e);
        }
    }

    /** See {@link DeviceMemory#read}. */
    synchronized void read(Buffer from, long offset, MemorySegment to) {
        requireOpen();
        try {
            queue.read(from, offset, to);
            if (steps.settle(queue)) {
                queue.read(from, offset, to);
            }
            deadline.answered();
            recorder.report();
        } catch (ClException e) {
            throw gaveUp(e);
        }
    }

    /** A layer of this device, still open. */
    OpenClCompiledLayer own(CompiledLayer layer) {
        CompiledLayer computing = layer instanceof OpenClStreamedLayer streamed ? streamed.computing() : layer;
        if (computing instanceof OpenClCompiledLayer own && own.belongsTo(this)) {
            own.requireOpen();
            return own;
        }
        throw new IllegalArgumentException(layer.layer().name() + " belongs to another device");
    }

    @Override
    public synchronized Optional<PeakMeter> newPeakMeter() {
        return Optional.of(OpenClPeakMeter.of(this));
    }

    @Override
    public DeviceMemory allocate(long bytes) {
        return new OpenClMemory(this, bytes);
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        finish();
        steps.settle(queue);
        if (!context.isLost()) {
            recorder.report();
        }
        spans.close();
        List.copyOf(layers).forEach(CompiledLayer::close);
        for (AutoCloseable one : List.copyOf(streaming)) {
            switch (one) {
                case OpenClSlot slot -> slot.close();
                case OpenClImage image -> image.close();
                default -> throw new IllegalStateException("cannot own " + one);
            }
        }
        closed = true;
        steps.close();
        weights.close();
        memory.close();
        shared.close();
        programs.close();
        if (copies != null) {
            copies.close();
        }
        queue.close();
        context.close();
    }
}
