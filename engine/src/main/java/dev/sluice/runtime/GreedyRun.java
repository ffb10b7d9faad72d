package dev.sluice.runtime;

import dev.sluice.backend.DeviceMemory;
import dev.sluice.backend.ReadBack;
import dev.sluice.backend.Step;
import dev.sluice.error.SluiceException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * Tokens of one sequence, each the largest logit after the one before it. What a step chooses is the next step's input without
 * a detour over the host, so that the next step is on its way before the choice is read: the device never waits for the
 * host. When the run ends early, at most as many steps as are on their way were for nothing.
 *
 * <p>Used by one thread at a time, and the sequence by nobody else meanwhile; closed before its sequence, twice without harm.
 */
public final class GreedyRun implements AutoCloseable, Placed {
    private final Executor executor;
    private final Sequence sequence;
    private final Batch batch;
    private final int most;
    private final int start;
    private int ahead;
    private int epoch = -1;
    /** The token that the next step appends. */
    private int pending;
    /** The choice that was read last. */
    private int choice;

    private final Step step = Step.forParts(1);
    /** The step whose choice is taken; others may be under way already. */
    private final Step taking = Step.forParts(1);

    private final MicroBatches work;
    // Made once, so that a step makes no objects.
    private final Runnable advance = this::advance;
    /** Input of step {@code i} at {@code i % size}, its choice behind it; on one device, these are the same. */
    private final List<DeviceMemory> ids = new ArrayList<>();

    private final List<DeviceMemory> choices = new ArrayList<>();

    private final List<ReadBack> reads = new ArrayList<>();
    private int submitted;
    private int taken;
    private boolean closed;

    GreedyRun(Executor executor, Sequence sequence, Batch batch, int first, int most) {
        if (most < 1) {
            throw new IllegalArgumentException("a run of " + most + " tokens");
        }
        this.executor = executor;
        this.sequence = sequence;
        this.batch = batch;
        this.most = most;
        work = new MicroBatches(() ->
                new MicroBatch(1, (part, layer) -> sequence.state(layer), MemorySegment.NULL, MemorySegment.NULL));
        start = sequence.position();
        pending = first;
        int vocabulary = executor.graph().vocabulary();
        if (first < 0 || first >= vocabulary) {
            throw new SluiceException(
                    "token id " + first + " is not within the vocabulary of " + vocabulary + " tokens");
        }
        executor.register(this);
        try {
            executor.attempt(this::place);
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /** Takes memory on the devices that there are now, and goes on from the token that is to be appended next. */
    private void place() {
        StepMemory memory = batch.placed();
        sequence.place(memory, start + taken);
        if (epoch == executor.epoch()) {
            return;
        }
        displace();
        ahead = executor.stepsAhead();
        submitted = taken;
        int last = executor.partCount() - 1;
        try (Arena arena = Arena.ofConfined()) {
            for (int i = 0; i < ahead + 2; i++) {
                ids.add(executor.allocate(0, Integer.BYTES));
                choices.add(last == 0 ? ids.getLast() : executor.allocate(last, Integer.BYTES));
                reads.add(choices.getLast().readBack(0, Integer.BYTES));
            }
            ids.get(taken % ids.size()).write(0, arena.allocateFrom(ValueLayout.JAVA_INT, pending));
            epoch = executor.epoch();
        } catch (RuntimeException e) {
            displace();
            throw e;
        }
    }

    /**
     * Appends a token, the first one or the choice before, and makes the next choice.
     *
     * @return the choice, not yet part of the sequence
     * @throws SluiceException if the logits are not numbers, or the device fails
     * @throws IllegalStateException if all tokens have been appended, or the sequence was changed since
     */
    public int next() {
        if (closed || taken == most) {
            throw new IllegalStateException(closed ? "the run is closed" : "the run of " + most + " tokens is over");
        }
        sequence.requireOpen();
        if (sequence.position() != start + taken) {
            throw new IllegalStateException("the sequence was at " + (start + taken) + " and is at "
                    + sequence.position() + " now: a run has it for itself");
        }
        do {
            executor.attempt(advance);
        } while (choice < 0 && executor.movedFromWrongDevice());
        if (choice < 0) {
            throw Batch.notANumber();
        }
        sequence.advance(pending);
        taken++;
        pending = choice;
        return choice;
    }

    /** Reads the choice after the token that is to be appended next. */
    private void advance() {
        place();
        StepTrace trace = batch.placed().trace();
        trace.begin(taking.clear().add(start + taken, 1, 1));
        while (submitted < most && submitted - taken <= ahead) {
            submit();
        }
        int slot = (taken + 1) % reads.size();
        trace.waiting();
        MemorySegment read = reads.get(slot).await();
        trace.waited("choice");
        choice = read.get(ValueLayout.JAVA_INT, 0);
        if (choice >= 0 && ids.get(slot) != choices.get(slot)) {
            trace.copying(0);
            ids.get(slot).write(0, read);
            trace.copied(0, "id", read.byteSize());
        }
        trace.end();
    }

    private void submit() {
        step.clear().add(start + submitted, 1, 1);
        int next = (submitted + 1) % ids.size();
        StepMemory memory = batch.placed();
        work.cut(step, 1, 1, 0);
        memory.run(work, ids.get(submitted % ids.size()));
        executor.argMax(step, memory.logits(0), choices.get(next));
        reads.get(next).start();
        submitted++;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            executor.unregister(this);
            displace();
        }
    }

    @Override
    public void displace() {
        epoch = -1;
        reads.forEach(one -> Release.of(one::close));
        choices.forEach(one -> Release.of(one::close));
        ids.forEach(one -> Release.of(one::close));
        reads.clear();
        choices.clear();
        ids.clear();
    }
}
