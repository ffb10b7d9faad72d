package dev.sluice.runtime;

import dev.sluice.backend.DeviceMemory;
import dev.sluice.backend.Fence;
import dev.sluice.backend.Step;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Takes the micro-batches of a step through the devices. Where all layers are resident they go in diagonals: while one device has
 * a micro-batch the device before has the one behind it, as in GPipe (Huang et al. 2019). Where layers are streamed all
 * micro-batches go through a layer while its weights are there, as in FlexGen's zig-zag (Sheng et al. 2023), so that these cross
 * the link once for all of them; as many at a time as there is room for activations.
 *
 * <p>One thread does all of it. It submits to a device what comes next before it waits for what the device is at, so that no device
 * that works on its own waits for the host. Devices work in the order of submission: a micro-batch finds in a layer's KV cache what
 * those before it have left.
 */
final class Pipeline {
    private final Executor executor;
    private final List<DevicePart> parts;
    private final PartTimes times;
    private final int ring;
    private final boolean streams;
    private Progress progress = Progress.NONE;
    private int passed;
    private int passes;
    /** Of the whole step. */
    private int rows;

    /** {@code ring}: how many micro-batches the memory of a step has room for. */
    Pipeline(Executor executor, List<DevicePart> parts, PartTimes times, int ring) {
        this.executor = executor;
        this.parts = parts;
        this.times = times;
        this.ring = ring;
        streams = parts.stream().anyMatch(DevicePart::streams);
    }

    /**
     * Submits a step. What its micro-batches need on the first device, their ids, is there.
     *
     * @param ids of the first micro-batch; null: those of the memory
     * @param progress told before each submission how many there were, of how many; an exception ends the step
     */
    void run(MicroBatches work, StepMemory memory, @Nullable DeviceMemory ids, Progress progress) {
        this.progress = progress;
        passed = 0;
        passes = 0;
        rows = 0;
        for (int i = 0; i < work.count(); i++) {
            rows += work.get(i).step().tokens();
        }
        for (int p = 0; p < parts.size(); p++) {
            passes += work.count() * parts.get(p).runs();
        }
        if (streams) {
            for (int from = 0; from < work.count(); from += ring) {
                zigZag(work, from, Math.min(from + ring, work.count()), memory, ids);
            }
        } else {
            diagonals(work, 0, work.count(), 0, parts.size(), memory, ids);
        }
    }

    /** Some micro-batches, all of which pass a run of layers before the first of them goes on. */
    private void zigZag(MicroBatches work, int from, int to, StepMemory memory, @Nullable DeviceMemory ids) {
        for (int first = 0; first < parts.size(); ) {
            int streaming = first;
            while (streaming < parts.size() && !parts.get(streaming).streams()) {
                streaming++;
            }
            if (streaming == parts.size()) {
                diagonals(work, from, to, first, streaming, memory, ids);
                return;
            }
            DevicePart part = parts.get(streaming);
            part.begin(rows, anyIn(work, from, to, streaming, part.runs() - 1));
            try {
                for (int run = 0; run < part.runs(); run++) {
                    if (!anyIn(work, from, to, streaming, run)) {
                        continue;
                    }
                    part.enter(run);
                    if (run == 0) {
                        // It begins when the first of them arrives from the devices before.
                        diagonals(work, from, to, first, streaming + 1, memory, ids);
                    } else {
                        for (int i = from; i < to; i++) {
                            pass(work, i, streaming, run, memory, ids);
                        }
                    }
                    part.leave(run);
                }
            } finally {
                part.end();
            }
            first = streaming + 1;
        }
    }

    private boolean anyIn(MicroBatches work, int from, int to, int part, int run) {
        for (int i = from; i < to; i++) {
            if (run < parts.get(part).runs(headToo(work.get(i), part))) {
                return true;
            }
        }
        return false;
    }

    /**
     * Micro-batches through consecutive parts. A device that computes while the host goes on has the micro-batch behind the one
     * that the next device is given; one whose work is done when it is submitted hands on at once.
     */
    private void diagonals(
            MicroBatches work, int from, int to, int first, int end, StepMemory memory, @Nullable DeviceMemory ids) {
        int lag = 0;
        for (int p = first; p < end - 1; p++) {
            lag += lag(p);
        }
        for (int turn = from; turn < to + lag; turn++) {
            int i = turn;
            for (int p = first; p < end; p++) {
                if (i >= from && i < to) {
                    pass(work, i, p, 0, memory, ids);
                }
                i -= lag(p);
            }
        }
    }

    private int lag(int part) {
        return parts.get(part).device().stepsAhead() > 0 ? 1 : 0;
    }

    /** Whether a micro-batch goes through a part's last layer: through the head only for logits. */
    private boolean headToo(MicroBatch one, int part) {
        return part < parts.size() - 1 || one.step().outputRows() > 0;
    }

    /** Submits a run of a part for a micro-batch. */
    private void pass(MicroBatches work, int i, int p, int run, StepMemory memory, @Nullable DeviceMemory ids) {
        progress.report("computing", passed++, passes);
        MicroBatch one = work.get(i);
        Step step = one.step();
        DevicePart part = parts.get(p);
        boolean whole = headToo(one, p);
        int runs = part.runs(whole);
        if (run >= runs) {
            return; // the last device has nothing but the head, which nobody asks for
        }
        DeviceMemory between = memory.hidden(p, i);
        DeviceMemory in = between;
        if (run == 0) {
            in = p > 0 ? arrival(work, i, p, memory) : ids != null ? ids : memory.ids(i);
        } else if (part.isHeadAlone()) {
            in = memory.arrived(p, i); // which every slice reads
        }
        boolean last = run == runs - 1;
        boolean logits = part.isOutput(run) && p == parts.size() - 1 && one.slot() != MicroBatch.NO_OUTPUTS;
        DeviceMemory out = logits ? memory.logits(one.slot(), step.outputRows()) : between;
        if (run == 0) {
            memory.clock().begin(p, i);
        }
        memory.trace().submitting(p);
        Fence fence = part.submit(
                run, whole, step, in, between, out, one.sources(executor).get(p));
        memory.trace().submitted(p, step, fence);
        if (last && p < parts.size() - 1 && parts.get(p + 1).runs(headToo(one, p + 1)) > 0) {
            memory.depart(p, i, step.tokens());
            if (lag(p) == 0) {
                times.add(p, work.prompt(), memory.clock().done(p, i));
            }
        }
    }

    /** Waits for a micro-batch to come from the part before, and for nothing else that is on its way. */
    private DeviceMemory arrival(MicroBatches work, int i, int p, StepMemory memory) {
        MemorySegment rows = memory.await(p - 1, i);
        if (lag(p - 1) > 0) {
            times.add(p - 1, work.prompt(), memory.clock().done(p - 1, i));
        }
        return memory.arrive(p, i, rows);
    }
}
