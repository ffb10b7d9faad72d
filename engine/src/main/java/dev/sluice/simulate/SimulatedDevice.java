package dev.sluice.simulate;

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
import dev.sluice.error.DeviceFailure;
import dev.sluice.graph.Layer;
import dev.sluice.trace.SpanKind;
import dev.sluice.trace.Timeline;
import dev.sluice.trace.Track;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A device that computes on another and takes the time that a slower one behind a link would take. It has two queues, one for
 * computation and the small copies between, with a thread, one for streamed weights, without; each reckons the times at which its
 * commands end, and who waits for one waits until then. So nothing but the real computation takes the processor, and threads that
 * wake up late make nothing later.
 */
final class SimulatedDevice implements Device {
    private final DeviceInfo info;
    private final Simulation simulation;
    private final int batchTokens;
    private final SharedDevice shared;
    /** Where the timeline has what it does, at the reckoned times. */
    private final Track compute;

    private final Track weights;
    private final Runnable release;
    private final Account account;
    private final Faults faults;
    private final Health health;
    private final CommandQueue computations;
    private final StreamedCopies copies;
    /** What is to be closed with the device. */
    private final Set<AutoCloseable> open = Collections.newSetFromMap(new IdentityHashMap<>());
    /** Nanoseconds for which small copies had the link, by which streamed ones are late. */
    private final AtomicLong stolen = new AtomicLong();

    private boolean closed;

    /** {@code release}: gives the real device back. */
    SimulatedDevice(
            DeviceInfo info,
            Simulation simulation,
            DeviceOptions options,
            long patienceNanos,
            SharedDevice shared,
            Runnable release) {
        this.info = info;
        this.simulation = simulation;
        batchTokens = options.batchTokens();
        this.shared = shared;
        compute = Track.of(info.id(), Track.COMPUTE);
        weights = Track.of(info.id(), "streamed weights");
        this.release = release;
        account = new Account(simulation, options.memoryLimit());
        faults = new Faults(simulation);
        health = new Health(info, patienceNanos);
        computations = new CommandQueue(health, "sluice-" + simulation.id() + "-compute").started();
        copies = new StreamedCopies(
                health,
                this::streamedNanos,
                (start, end, bytes) -> Timeline.span(weights, SpanKind.COPY, "weights", start, end, bytes, 0));
    }

    // ---- what the parts of this package ask of their device ----

    Account account() {
        return account;
    }

    /** Copies bytes to a memory, in the order of computation. */
    Event write(DeviceMemory real, long offset, MemorySegment source) {
        return computations.submit(ready -> {
            faults.copying();
            onReal(() -> {
                real.write(offset, source);
                return null;
            });
            long nanos = simulation.link() == null ? 0 : simulation.link().writtenNanos(source.byteSize());
            stolen.addAndGet(nanos);
            return ended(ready + nanos);
        });
    }

    /** Copies bytes from a memory, in the order of computation. */
    Event read(DeviceMemory real, long offset, MemorySegment target) {
        return computations.submit(ready -> {
            faults.copying();
            onReal(() -> {
                real.read(offset, target);
                return null;
            });
            long nanos = simulation.link() == null ? 0 : simulation.link().readNanos(target.byteSize());
            return ended(ready + nanos);
        });
    }

    /** Has the link take the time of a streamed layer's weights, after what computes with those before. */
    StreamedCopies.Copy stream(long bytes, @Nullable Event before) {
        return copies.submit(bytes, before);
    }

    private long streamedNanos(long bytes) {
        faults.copying();
        LinkSpeed link = simulation.link();
        return (link == null ? 0 : link.streamedNanos(bytes)) + stolen.getAndSet(0);
    }

    /** A computation or small copy cannot have ended later than now. */
    private static long ended(long reckoned) {
        return Math.max(reckoned, System.nanoTime());
    }

    /** Waits for what is queued, so that what it uses may go. */
    void drain() {
        computations.drain();
    }

    /** Closes what is no longer needed, with its counterpart on the real device. */
    void close(AutoCloseable owned, Runnable real, Runnable giveBack) {
        synchronized (open) {
            if (!open.remove(owned)) {
                return;
            }
        }
        drain();
        shared.run(real);
        giveBack.run();
    }

    private <T extends AutoCloseable> T keep(T owned) {
        synchronized (open) {
            open.add(owned);
        }
        return owned;
    }

    /** What the real device fails at is this one's failure. */
    private <T extends @Nullable Object> T onReal(Supplier<T> work) {
        try {
            return shared.call(work);
        } catch (DeviceFailure e) {
            throw new DeviceFailure(info.id(), e.phase(), info.id() + " (simulated): " + e.getMessage(), e);
        }
    }

    // ---- the contract ----

    @Override
    public DeviceInfo info() {
        return info;
    }

    @Override
    public String path() {
        return "simulated on " + simulation.description() + ": "
                + shared.device().path();
    }

    @Override
    public long residentBytes(Layer layer) {
        return shared.device().residentBytes(layer);
    }

    @Override
    public long availableBytes() {
        return account.available();
    }

    @Override
    public long workspaceBytes(List<Layer> layers, int context) {
        return 0; // the real device's, which the account does not count
    }

    @Override
    public int stepsAhead() {
        return Math.max(1, shared.device().stepsAhead());
    }

    @Override
    public CompiledLayer compile(Layer layer) {
        return compile(List.of(layer), (done, total) -> {}).getFirst();
    }

    @Override
    public List<CompiledLayer> compile(List<Layer> layers, Loading loading) {
        health.requireWorking();
        List<Long> counts = new ArrayList<>();
        try {
            for (Layer layer : layers) {
                faults.compiling();
                counts.add(account.take(layer, shared.device().residentBytes(layer)));
            }
            List<CompiledLayer> real = onReal(() -> shared.device().compile(layers, loading));
            loaded(counts.stream().mapToLong(bytes -> bytes).sum());
            List<CompiledLayer> compiled = new ArrayList<>();
            for (int i = 0; i < real.size(); i++) {
                compiled.add(keep(new SimulatedLayer(this, real.get(i), counts.get(i))));
            }
            return compiled;
        } catch (RuntimeException e) {
            for (int i = 0; i < counts.size(); i++) {
                account.giveBack(layers.get(i), counts.get(i));
            }
            throw e;
        }
    }

    /** Weights cross the link, if that is asked for. */
    private void loaded(long bytes) {
        LinkSpeed link = simulation.link();
        if (simulation.loadTakesTime() && link != null) {
            Event.parkUntil(System.nanoTime() + link.streamedNanos(bytes));
        }
    }

    @Override
    public long imageBytes(Layer layer) {
        return shared.device().imageBytes(layer);
    }

    @Override
    public StreamedLayer compileStreamed(Layer layer) {
        health.requireWorking();
        faults.compiling();
        StreamedLayer real = onReal(() -> shared.device().compileStreamed(layer));
        long bytes = real.residentBytes();
        return counted(
                bytes,
                "the vectors of " + layer.name(),
                real::close,
                () -> new SimulatedStreamedLayer(this, real, bytes));
    }

    @Override
    public WeightImage newImage(long bytes) {
        health.requireWorking();
        return keep(new SimulatedImage(this, onReal(() -> shared.device().newImage(bytes))));
    }

    @Override
    public WeightSlot newSlot(long bytes) {
        health.requireWorking();
        faults.allocating();
        WeightSlot real = onReal(() -> shared.device().newSlot(bytes));
        return counted(
                real.bytes(), "a slot that streamed weights come to", real::close, () -> new SimulatedSlot(this, real));
    }

    @Override
    public @Nullable LayerState newState(CompiledLayer layer, int capacity, KvType type) {
        SimulatedLayer own = own(layer);
        health.requireWorking();
        LayerState real = onReal(() -> shared.device().newState(own.real(), capacity, type));
        if (real == null) {
            return null;
        }
        try {
            faults.allocating();
        } catch (DeviceFailure e) {
            shared.run(real::close);
            throw e;
        }
        return counted(
                real.bytes(),
                "a KV cache of " + capacity + " tokens",
                real::close,
                () -> new SimulatedState(this, real));
    }

    @Override
    public DeviceMemory allocate(long bytes) {
        health.requireWorking();
        faults.allocating();
        DeviceMemory real = onReal(() -> shared.device().allocate(bytes));
        return counted(bytes, "activations", real::close, () -> new SimulatedMemory(this, real));
    }

    /** Counts what the real device has given, and gives it back if there is no room for it here. */
    private <T extends AutoCloseable> T counted(long bytes, String what, Runnable close, Supplier<T> made) {
        try {
            account.take(bytes, bytes, what);
        } catch (RuntimeException e) {
            shared.run(close);
            throw e;
        }
        return keep(made.get());
    }

    @Override
    public Fence submit(
            List<CompiledLayer> layers,
            Step step,
            DeviceMemory in,
            DeviceMemory between,
            DeviceMemory out,
            StateSource states) {
        health.requireWorking();
        if (step.tokens() > batchTokens) {
            throw new IllegalArgumentException(
                    "a step of " + step.tokens() + " tokens on a device opened for " + batchTokens);
        }
        Computation computation = new Computation(
                shared, compute, simulation.speedFactor(), faults, health, step, real(in), real(between), real(out));
        for (int i = 0; i < layers.size(); i++) {
            computation.add(own(layers.get(i)), real(states.of(i), step.parts()));
        }
        Event event = computations.submit(computation);
        computation.queued(event);
        return event;
    }

    private SimulatedLayer own(CompiledLayer layer) {
        if (layer instanceof SimulatedLayer own && own.device() == this) {
            if (own.closed()) {
                throw new IllegalStateException(layer.layer().name() + " has been closed");
            }
            return own;
        }
        throw new IllegalArgumentException(layer.layer().name() + " belongs to another device");
    }

    private DeviceMemory real(DeviceMemory memory) {
        if (!(memory instanceof SimulatedMemory own) || !own.belongsTo(this)) {
            throw new IllegalArgumentException("memory of another device");
        }
        own.requireOpen();
        return own.real();
    }

    private List<@Nullable LayerState> real(@Nullable LayerState[] states, int parts) {
        List<@Nullable LayerState> real = new ArrayList<>();
        for (int i = 0; i < Math.min(parts, states.length); i++) {
            LayerState state = states[i];
            if (state == null) {
                real.add(null);
            } else if (state instanceof SimulatedState own && own.belongsTo(this)) {
                real.add(own.real());
            } else {
                throw new IllegalArgumentException("a KV cache of another device");
            }
        }
        return real;
    }

    @Override
    public void close() {
        List<AutoCloseable> owned;
        synchronized (open) {
            if (closed) {
                return;
            }
            closed = true;
            owned = List.copyOf(open);
        }
        for (AutoCloseable one : owned) {
            switch (one) {
                case SimulatedLayer layer -> layer.close();
                case SimulatedState state -> state.close();
                case SimulatedMemory memory -> memory.close();
                case SimulatedImage image -> image.close();
                case SimulatedSlot slot -> slot.close();
                default -> throw new AssertionError(one);
            }
        }
        health.close();
        computations.close();
        release.run();
    }
}
