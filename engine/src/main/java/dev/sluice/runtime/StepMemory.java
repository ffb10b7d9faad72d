package dev.sluice.runtime;

import dev.sluice.backend.DeviceMemory;
import dev.sluice.backend.StateSource;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** What the steps of a {@link Batch} need on the devices: ids, activations on each of them, logits and choices. */
final class StepMemory {
    private final int epoch;
    private final StepTrace trace;
    private final int last;
    private final List<DeviceMemory> memories = new ArrayList<>();
    private final DeviceMemory ids;
    /** Activations on each device, and where those of the device before arrive. */
    private final List<DeviceMemory> hidden = new ArrayList<>();

    private final List<DeviceMemory> arrivals = new ArrayList<>();
    private final Arena arena = Arena.ofShared();
    private final Beginning crossing;
    private final long rowBytes;
    private final DeviceMemory logits;
    private final DeviceMemory best;
    private final List<List<StateSource>> states;
    private boolean closed;

    /** {@code all}: finds the states of a layer of the model. */
    StepMemory(Executor executor, int logitRows, StateSource all) {
        epoch = executor.epoch();
        trace = new StepTrace(executor);
        last = executor.partCount() - 1;
        states = executor.perPart(all);
        rowBytes = (long) Float.BYTES * executor.graph().embedding();
        long activations = rowBytes * executor.batchTokens();
        try {
            ids = allocate(executor, 0, (long) Integer.BYTES * executor.batchTokens());
            for (int part = 0; part <= last; part++) {
                hidden.add(allocate(executor, part, activations));
                arrivals.add(part == 0 ? ids : allocate(executor, part, activations));
            }
            crossing = new Beginning(last == 0 ? MemorySegment.NULL : arena.allocate(activations, 64));
            logits = allocate(
                    executor,
                    last,
                    (long) Float.BYTES * logitRows * executor.graph().vocabulary());
            best = allocate(executor, last, (long) Integer.BYTES * logitRows);
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    private DeviceMemory allocate(Executor executor, int part, long bytes) {
        DeviceMemory memory = executor.allocate(part, bytes);
        memories.add(memory);
        return memory;
    }

    /** On which devices it is: the {@link Executor#epoch} in which it was made. */
    int epoch() {
        return epoch;
    }

    DeviceMemory ids() {
        return ids;
    }

    /** Activations on the device of a part. */
    DeviceMemory hidden(int part) {
        return hidden.get(part);
    }

    /** What the part before has made of so many tokens, brought to the device of a part. */
    DeviceMemory arrival(int part, int tokens) {
        MemorySegment rows = crossing.of(rowBytes * tokens);
        trace.awaitIfWatched(part - 1, "activations");
        trace.copying(part - 1);
        hidden.get(part - 1).read(0, rows);
        trace.copied(part - 1, "activations", rows.byteSize());
        trace.copying(part);
        arrivals.get(part).write(0, rows);
        trace.copied(part, "activations", rows.byteSize());
        return arrivals.get(part);
    }

    /** Reads from the last device. */
    void read(DeviceMemory from, long offset, MemorySegment to, String what) {
        trace.awaitIfWatched(last, what);
        trace.copying(last);
        from.read(offset, to);
        trace.copied(last, what, to.byteSize());
    }

    /** What steps tell those who watch. */
    StepTrace trace() {
        return trace;
    }

    DeviceMemory logits() {
        return logits;
    }

    DeviceMemory best() {
        return best;
    }

    /** What the sequences of a step keep in each layer of each device. */
    List<List<StateSource>> states() {
        return states;
    }

    /** Gives all back; twice without harm. */
    void close() {
        if (!closed) {
            closed = true;
            memories.reversed().forEach(memory -> Release.of(memory::close));
            arena.close();
        }
    }
}
