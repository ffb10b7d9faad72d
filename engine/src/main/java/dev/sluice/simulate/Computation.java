package dev.sluice.simulate;

import dev.sluice.backend.CompiledLayer;
import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceMemory;
import dev.sluice.backend.LayerState;
import dev.sluice.backend.Step;
import dev.sluice.graph.Layer;
import dev.sluice.trace.SpanKind;
import dev.sluice.trace.Timeline;
import dev.sluice.trace.Track;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One submission: layers, and all that they need when their turn comes. */
final class Computation implements CommandQueue.Command {
    /**
     * A layer.
     *
     * @param slot where its matrices are, if they are streamed
     * @param content what it is to compute with
     */
    private record Entry(
            SimulatedLayer layer,
            List<@Nullable LayerState> states,
            @Nullable SimulatedSlot slot,
            SimulatedSlot.@Nullable Content content) {}

    private final SharedDevice shared;
    private final Track track;
    private final double speedFactor;
    private final Faults faults;
    private final Health health;
    private final Step step;
    private final DeviceMemory in;
    private final DeviceMemory between;
    private final DeviceMemory out;
    private final List<Entry> entries = new ArrayList<>();

    /** {@code in}, {@code between} and {@code out} are the real device's. */
    Computation(
            SharedDevice shared,
            Track track,
            double speedFactor,
            Faults faults,
            Health health,
            Step step,
            DeviceMemory in,
            DeviceMemory between,
            DeviceMemory out) {
        this.shared = shared;
        this.track = track;
        this.speedFactor = speedFactor;
        this.faults = faults;
        this.health = health;
        this.step = copy(step); // the caller may change it
        this.in = in;
        this.between = between;
        this.out = out;
    }

    private static Step copy(Step step) {
        Step copy = Step.forParts(Math.max(1, step.parts()));
        for (int part = 0; part < step.parts(); part++) {
            copy.add(step.position(part), step.tokens(part), step.outputRows(part));
        }
        return copy;
    }

    /**
     * Adds a layer.
     *
     * @param states of the real device
     */
    void add(SimulatedLayer layer, List<@Nullable LayerState> states) {
        SimulatedSlot slot = layer instanceof SimulatedStreamedLayer streamed ? streamed.slot() : null;
        entries.add(new Entry(layer, states, slot, slot == null ? null : slot.content()));
    }

    /** It was queued: what fills its slots from now on has to wait for it. */
    void queued(Event event) {
        for (Entry entry : entries) {
            if (entry.slot != null) {
                entry.slot.used(event);
            }
        }
    }

    @Override
    public long run(long ready) {
        long end = ready;
        int from = 0;
        while (from < entries.size()) {
            // As one piece up to the next layer that may have to wait for its weights.
            int to = from + 1;
            while (to < entries.size() && entries.get(to).content == null) {
                to++;
            }
            end = run(from, to, end);
            from = to;
        }
        return end;
    }

    private long run(int from, int to, long ready) {
        health.requireWorking();
        boolean noNumbers = false;
        boolean wrongSigns = false;
        for (int i = from; i < to; i++) {
            faults.computing();
            if (faults.hangs()) {
                health.awaitEnd();
            }
            noNumbers |= faults.computesNoNumbers();
            wrongSigns |= faults.computesWrongSigns();
        }
        Entry first = entries.get(from);
        long start = first.content == null
                ? ready
                : Math.max(ready, first.content.arrived().time());
        DeviceMemory target = to == entries.size() ? out : between;
        long took = shared.call(() -> compute(first, from, to, target));
        Layer last = entries.get(to - 1).layer.layer();
        if ((noNumbers || wrongSigns) && last.kind() != Layer.Kind.ARGMAX) {
            spoil(target, last, noNumbers);
        }
        long end = Math.max(start + Math.round(speedFactor * took), System.nanoTime());
        if (Timeline.on()) {
            String name = first.layer.layer().name();
            Timeline.span(
                    track,
                    SpanKind.LAYERS,
                    to - from == 1 ? name : name + " to " + last.name(),
                    start,
                    end,
                    step.tokens(),
                    step.position(0));
        }
        return end;
    }

    /** Computes on the real device, and returns the nanoseconds that this took. */
    private long compute(Entry first, int from, int to, DeviceMemory target) {
        Device device = shared.device();
        if (first.slot != null && first.content != null && first.layer instanceof SimulatedStreamedLayer streamed) {
            streamed.streamed().use(first.slot.holding(first.content));
        }
        List<CompiledLayer> layers = new ArrayList<>(to - from);
        for (int i = from; i < to; i++) {
            layers.add(entries.get(i).layer.real());
        }
        long started = System.nanoTime();
        device.submit(
                        layers,
                        step,
                        from == 0 ? in : between,
                        between,
                        target,
                        i -> entries.get(from + i).states.toArray(LayerState[]::new))
                .await();
        return System.nanoTime() - started;
    }

    /** Makes what a layer computed wrong. */
    private void spoil(DeviceMemory target, Layer layer, boolean noNumbers) {
        long rows = layer.kind() == Layer.Kind.HEAD ? step.outputRows() : step.tokens();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment values =
                    arena.allocate(Math.min(target.bytes(), rows * layer.outputWidth() * Float.BYTES), Float.BYTES);
            shared.run(() -> {
                target.read(0, values);
                for (long i = 0; i < values.byteSize() / Float.BYTES; i++) {
                    float value = values.getAtIndex(ValueLayout.JAVA_FLOAT, i);
                    values.setAtIndex(ValueLayout.JAVA_FLOAT, i, noNumbers ? Float.NaN : -value);
                }
                target.write(0, values);
            });
        }
    }
}
