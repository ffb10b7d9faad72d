package dev.sluice.runtime;

import dev.sluice.backend.DeviceMemory;
import dev.sluice.backend.ReadBack;
import dev.sluice.backend.Window;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the steps of a {@link Batch} need on the devices: ids, activations on each of them, logits and choices. Activations lie in
 * a ring, one micro-batch behind another, and those that come from the device before in another; ids and logits of a step's
 * further micro-batches are allocated when such a step comes for the first time.
 */
final class StepMemory {
    private final Executor executor;
    private final int epoch;
    private final int ring;
    private final int logitRows;
    private final StepTrace trace;
    private final PartClock clock;
    private final Pipeline pipeline;
    private final int last;
    private final List<DeviceMemory> memories = new ArrayList<>();
    private final List<DeviceMemory> ids = new ArrayList<>();
    /** On each device. */
    private final List<List<DeviceMemory>> hidden = new ArrayList<>();
    /** On each device but the first. */
    private final List<List<DeviceMemory>> arrivals = new ArrayList<>();
    /** From each device but the last. */
    private final List<List<Crossing>> crossings = new ArrayList<>();

    private final long rowBytes;
    private final List<DeviceMemory> logits = new ArrayList<>();
    private final List<DeviceMemory> best = new ArrayList<>();
    private boolean closed;

    /** Activations on their way to the host, while the device goes on. */
    private static final class Crossing {
        private final ReadBack read;
        private @Nullable Window rows;
        private long bytes;

        Crossing(DeviceMemory from) {
            read = from.readBack(0, from.bytes());
        }

        void start(long count) {
            bytes = count;
            read.start(count);
        }

        MemorySegment await() {
            MemorySegment whole = read.await();
            Window present = rows;
            if (present == null) {
                present = new Window(whole); // which is the same each time
                rows = present;
            }
            return present.of(bytes);
        }
    }

    StepMemory(Executor executor, int logitRows) {
        this.executor = executor;
        this.logitRows = logitRows;
        epoch = executor.epoch();
        ring = executor.ring();
        trace = new StepTrace(executor);
        last = executor.partCount() - 1;
        clock = new PartClock(last + 1, ring);
        pipeline = executor.newPipeline();
        rowBytes = (long) Float.BYTES * executor.graph().embedding();
        long activations = rowBytes * executor.batchTokens();
        try {
            ids(0);
            for (int part = 0; part <= last; part++) {
                hidden.add(ring(part, activations));
                arrivals.add(part == 0 ? List.of() : ring(part, activations));
                crossings.add(new ArrayList<>());
                if (part < last) {
                    for (DeviceMemory memory : hidden.get(part)) {
                        crossings.getLast().add(new Crossing(memory));
                    }
                }
            }
            logits(0, logitRows);
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    private List<DeviceMemory> ring(int part, long bytes) {
        List<DeviceMemory> all = new ArrayList<>();
        for (int i = 0; i < ring; i++) {
            all.add(allocate(part, bytes));
        }
        return all;
    }

    private DeviceMemory allocate(int part, long bytes) {
        DeviceMemory memory = executor.allocate(part, bytes);
        memories.add(memory);
        return memory;
    }

    /** On which devices it is: the {@link Executor#epoch} in which it was made. */
    int epoch() {
        return epoch;
    }

    /** Runs a step: brings the ids to the first device, and submits all layers for all micro-batches. */
    void run(MicroBatches work, Progress progress) {
        for (int i = 0; i < work.count(); i++) {
            MemorySegment own = work.get(i).ids();
            trace.copying(0);
            ids(i).write(0, own);
            trace.copied(0, "ids", own.byteSize());
        }
        pipeline.run(work, this, null, progress);
    }

    /** The same with the ids of the only micro-batch, which are on the first device already. */
    void run(MicroBatches work, DeviceMemory there) {
        pipeline.run(work, this, there, Progress.NONE);
    }

    /** The ids of a micro-batch, on the first device. */
    DeviceMemory ids(int number) {
        while (ids.size() <= number) {
            ids.add(allocate(0, (long) Integer.BYTES * executor.batchTokens()));
        }
        return ids.get(number);
    }

    /** A micro-batch's activations on the device of a part. */
    DeviceMemory hidden(int part, int number) {
        return hidden.get(part).get(number % ring);
    }

    /** Has what a part has made of a micro-batch brought to the host, behind what was submitted so far. */
    void depart(int part, int number, int tokens) {
        crossing(part, number).start(rowBytes * tokens);
    }

    /** Waits until what a part has made of a micro-batch is on the host. */
    MemorySegment await(int part, int number) {
        trace.waiting(part);
        MemorySegment rows = crossing(part, number).await();
        trace.waited(part, "activations");
        return rows;
    }

    /** Brings what was {@link #await awaited} of the part before to the device of a part. */
    DeviceMemory arrive(int part, int number, MemorySegment rows) {
        DeviceMemory target = arrived(part, number);
        trace.copying(part);
        target.write(0, rows);
        trace.copied(part, "activations", rows.byteSize());
        return target;
    }

    /** What has {@link #arrive arrived} on the device of a part. */
    DeviceMemory arrived(int part, int number) {
        return arrivals.get(part).get(number % ring);
    }

    private Crossing crossing(int part, int number) {
        return crossings.get(part).get(number % ring);
    }

    /** Reads from the last device. */
    void read(DeviceMemory from, long offset, MemorySegment to, String what) {
        trace.awaitIfWatched(last, what);
        trace.copying(last);
        from.read(offset, to);
        trace.copied(last, what, to.byteSize());
    }

    /** How long devices take. */
    PartClock clock() {
        return clock;
    }

    /** What steps tell those who watch. */
    StepTrace trace() {
        return trace;
    }

    /**
     * Room for the logits of one of the micro-batches that have some.
     *
     * @param slot its number among these
     * @param rows that there must be
     */
    DeviceMemory logits(int slot, int rows) {
        long row = (long) Float.BYTES * executor.graph().vocabulary();
        while (logits.size() <= slot) {
            // One for each sequence, or one at the end of a prompt: seldom all that there may be.
            int most = logits.isEmpty() ? logitRows : rows;
            logits.add(allocate(last, row * most));
            best.add(allocate(last, (long) Integer.BYTES * most));
        }
        if (logits.get(slot).bytes() < row * rows) {
            int more = Math.min(
                    logitRows, Math.max(rows, (int) (2 * logits.get(slot).bytes() / row)));
            replace(logits, slot, row * more);
            replace(best, slot, (long) Integer.BYTES * more);
        }
        return logits.get(slot);
    }

    private void replace(List<DeviceMemory> all, int slot, long bytes) {
        DeviceMemory fresh = allocate(last, bytes);
        DeviceMemory before = all.set(slot, fresh);
        memories.remove(before);
        before.close();
    }

    /** The logits of one of the micro-batches that have some. */
    DeviceMemory logits(int slot) {
        return logits.get(slot);
    }

    /** The choices that come of these. */
    DeviceMemory best(int slot) {
        return best.get(slot);
    }

    /** Gives all back; twice without harm. */
    void close() {
        if (!closed) {
            closed = true;
            crossings.forEach(all -> all.forEach(one -> Release.of(one.read::close)));
            memories.reversed().forEach(memory -> Release.of(memory::close));
        }
    }
}
