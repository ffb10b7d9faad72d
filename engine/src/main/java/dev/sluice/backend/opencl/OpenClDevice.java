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
import dev.sluice.error.SluiceException;
import dev.sluice.graph.Layer;
import dev.sluice.opencl.Buffer;
import dev.sluice.opencl.Queue;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An open OpenCL device: puts its parts together, lets one thread at a time have them, and closes them in order. Everything that
 * touches the queue or what all layers share goes through {@link #exclusively} or another of its synchronized methods.
 */
final class OpenClDevice implements Device {
    private final DeviceInfo info;
    private final DeviceOptions options;
    private final DeviceLimits limits;
    private final Tunings tunings;
    private final Queues queues;
    private final Programs programs;
    private final Memories memories;
    private final DeviceSpans spans;
    private final LaunchRecorder recorder;
    private final CompiledLayers layers;
    private final Steps steps;
    private final Commands commands;
    private final Scratch scratch = new Scratch(this);
    private final Rotations rotations = new Rotations(this);
    private final WeightStore weights;
    private final Streaming streaming;
    private final ForwardPass pass;
    private final Fence fence = this::awaitAll;
    private boolean closed;

    /**
     * Opens a device.
     *
     * @throws SluiceException if the driver refuses, or cannot compile programs
     */
    OpenClDevice(
            DeviceInfo info,
            dev.sluice.opencl.Device device,
            DeviceOptions options,
            Tunings tunings,
            ProgramCache cache) {
        Programs.requireCompiler(info, device);
        this.info = info;
        this.options = options;
        this.tunings = tunings;
        limits = DeviceLimits.of(device.info());
        spans = new DeviceSpans(info.id());
        recorder = new LaunchRecorder(spans);
        queues = new Queues(info, device);
        programs = new Programs(info, queues.context(), device, cache, tuning().compilers());
        Deadline deadline = new Deadline(programs::count);
        queues.context().limitWaits(deadline::nanos);
        memories = new Memories(info, device.info(), queues.context(), options.memoryLimit());
        layers = new CompiledLayers(this, device.info().baseAddressAlignment());
        steps = new Steps(this);
        commands = new Commands(info, queues, deadline, steps, recorder);
        Upload upload = new Upload(this, memories, tuning().layout());
        weights = new WeightStore(this, upload, tuning().layout(), info.maxAllocationBytes());
        streaming = new Streaming(this, queues);
        pass = new ForwardPass(layers);
    }

    // ---- what the parts of this package ask of their device ----

    DeviceTuning tuning() {
        return tunings.base();
    }

    Tunings tunings() {
        return tunings;
    }

    /** The number format of KV caches that nobody chooses another for. */
    KvType usualKvType() {
        return options.precision() == Precision.EXACT ? KvType.F32 : KvType.F16;
    }

    int batchTokens() {
        return options.batchTokens();
    }

    DeviceLimits limits() {
        return limits;
    }

    Programs programs() {
        return programs;
    }

    BoundKernel bind(ProgramSource source) {
        return new BoundKernel(source, programs, recorder);
    }

    WeightStore weights() {
        return weights;
    }

    Scratch scratch() {
        return scratch;
    }

    Rotations rotations() {
        return rotations;
    }

    CompiledLayers layers() {
        return layers;
    }

    Streaming streaming() {
        return streaming;
    }

    Steps steps() {
        return steps;
    }

    Commands commands() {
        return commands;
    }

    DeviceSpans spans() {
        return spans;
    }

    LaunchRecorder recorder() {
        return recorder;
    }

    // ---- one thread at a time ----

    /** Runs something that uses the queue. */
    synchronized void exclusively(Consumer<Queue> action) {
        requireOpen();
        commands.run(action);
    }

    /** Has a streamed layer compute with what a slot holds; makes no object, as it is done for each token. */
    synchronized void use(OpenClSlot slot, StreamedMatrices by) {
        requireOpen();
        by.use(slot);
    }

    /** Runs something unless the device has been closed, which has then done it already. */
    synchronized void exclusivelyIfOpen(Runnable action) {
        if (!closed) {
            action.run();
        }
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException(info.id() + " has been closed");
        }
    }

    /** Waits until nothing that was queued may have to be queued again: something that it uses is to go. */
    void settle() {
        exclusivelyIfOpen(commands::settle);
    }

    /** Waits for all that was submitted so far. */
    private synchronized void awaitAll() {
        requireOpen();
        commands.finish();
    }

    /**
     * A buffer counted against the device's memory.
     *
     * @param what is to be held, for the message
     * @throws SluiceException with the numbers if it does not fit
     */
    synchronized Buffer newBuffer(long bytes, String what) {
        requireOpen();
        return memories.take(bytes, what);
    }

    /**
     * A buffer in the memory that the device shares with the host, which its own is not charged for.
     *
     * @param what is to be held, for the message
     * @throws SluiceException if there is none
     */
    synchronized Buffer newSharedBuffer(long bytes, String what) {
        requireOpen();
        return memories.takeBeyond(bytes, what);
    }

    /**
     * A buffer with contents, of a device that computes {@link Memories#onHost on the host}.
     *
     * @param what is to be held, for the message
     * @param charged whether it counts as the device's own
     * @param contents writes all of it
     * @throws SluiceException with the numbers if it does not fit
     */
    synchronized Buffer newBuffer(long bytes, String what, boolean charged, Consumer<MemorySegment> contents) {
        requireOpen();
        return memories.take(bytes, what, charged, contents);
    }

    synchronized void free(Buffer buffer) {
        commands.forget(buffer);
        if (buffer.isOnHost()) {
            queues.finishQuietly(); // its memory is ours to free, not the driver's, which would wait for what uses it
        }
        memories.free(buffer);
    }

    /** See {@link DeviceMemory#write}. */
    synchronized void write(Buffer to, long offset, MemorySegment from) {
        requireOpen();
        commands.write(to, offset, from);
    }

    /** See {@link DeviceMemory#write}; of few bytes. */
    synchronized void write(SmallWrites to, MemorySegment from) {
        requireOpen();
        commands.write(to, from);
    }

    /** See {@link DeviceMemory#read}. */
    synchronized void read(Buffer from, long offset, MemorySegment to) {
        requireOpen();
        commands.read(from, offset, to);
    }

    // ---- the contract ----

    @Override
    public DeviceInfo info() {
        return info;
    }

    @Override
    public synchronized String path() {
        return "OpenCL: " + info.name() + " (" + info.platform() + "), " + tunings.arithmetic() + ", "
                + tuning().sharing() + steps.shortcuts() + ", " + tunings.origin() + ", " + programs.description();
    }

    @Override
    public int stepsAhead() {
        return 1;
    }

    @Override
    public synchronized void startProfile() {
        commands.startProfile();
    }

    @Override
    public synchronized Optional<LaunchProfile> takeProfile() {
        return commands.takeProfile();
    }

    @Override
    public synchronized TuneReport tune(List<Layer> all, boolean anew, TuneProgress progress) {
        return new Tuner(this).tune(all, anew, progress);
    }

    @Override
    public synchronized Optional<PeakMeter> newPeakMeter() {
        return Optional.of(OpenClPeakMeter.of(this));
    }

    @Override
    public long residentBytes(Layer layer) {
        return weights.bytes(layer);
    }

    @Override
    public synchronized long availableBytes() {
        return memories.available();
    }

    @Override
    public long workspaceBytes(List<Layer> all, int context) {
        return Workspace.mostBytes(all, batchTokens(), context);
    }

    @Override
    public boolean sharesHostMemory() {
        return memories.sharedWithHost();
    }

    @Override
    public synchronized CompiledLayer compile(Layer layer) {
        requireOpen();
        return layers.compile(layer, false);
    }

    @Override
    public synchronized CompiledLayer compileShared(Layer layer) {
        if (!memories.sharedWithHost()) {
            return Device.super.compileShared(layer);
        }
        requireOpen();
        return layers.compile(layer, true);
    }

    @Override
    public long imageBytes(Layer layer) {
        return layers.imageBytes(layer);
    }

    @Override
    public synchronized StreamedLayer compileStreamed(Layer layer) {
        requireOpen();
        return layers.compileStreamed(layer);
    }

    @Override
    public synchronized WeightImage newImage(long bytes) {
        requireOpen();
        return streaming.newImage(bytes);
    }

    @Override
    public synchronized WeightSlot newSlot(long bytes) {
        requireOpen();
        commands.settle(); // what is in a slot then is not there any more when a step is taken again
        return streaming.newSlot(bytes);
    }

    @Override
    public synchronized @Nullable LayerState newState(CompiledLayer layer, int capacity, KvType type) {
        return layers.newState(layer, capacity, type);
    }

    @Override
    public DeviceMemory allocate(long bytes) {
        return new OpenClMemory(this, bytes);
    }

    @Override
    public synchronized Fence submit(
            List<CompiledLayer> through,
            Step step,
            DeviceMemory in,
            DeviceMemory between,
            DeviceMemory out,
            StateSource states) {
        requireOpen();
        commands.submit(pass.of(through, step, in, between, out, states));
        return fence;
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        queues.finish();
        commands.settle();
        if (!queues.context().isLost()) {
            recorder.report();
        }
        spans.close();
        layers.close();
        streaming.close();
        closed = true;
        commands.close();
        weights.close();
        memories.close();
        programs.close();
        queues.close();
    }
}
