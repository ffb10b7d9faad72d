package dev.sluice.runtime;

import dev.sluice.backend.Step;
import dev.sluice.error.SluiceException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Tokens of one or several sequences that are computed in one step, and what comes out. The weights are read once for all
 * of them, which is what makes many sequences cheaper than one after another; what is computed for a sequence does not
 * depend on which others are there. Each {@link #add} makes a part, numbered from 0; parts may differ in position and
 * number of tokens.
 *
 * <pre>{@code
 * batch.clear();
 * for (Sequence sequence : sequences) {
 *     batch.add(sequence, next, i++, 1, 1);
 * }
 * batch.run();
 * int id = batch.bestToken(0);
 * }</pre>
 *
 * <p>It owns the activations of a step, and is used again for the next without allocating. Used by one thread at a time;
 * the owner closes it, twice without harm, and closes the sequences on their own.
 */
public final class Batch implements AutoCloseable, Placed {
    private final Executor executor;
    private final int logitRows;
    private final Step step;
    private final List<Sequence> sequences;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment idStaging;
    private final MemorySegment bestStaging;
    private final MemorySegment logitsStaging;
    private final MicroBatches work;
    private final Grouping grouping = new Grouping();
    // Made once, so that a step makes no objects.
    private final Runnable compute = this::compute;
    private final Runnable choose = this::choose;
    private final Runnable readRow = this::readRow;
    private @Nullable StepMemory memory;
    private Progress progress = Progress.NONE;
    private long begun;
    private boolean timed;
    private int wantedRow;
    private long generation;
    private boolean ran;
    private boolean chosen;
    private boolean closed;

    Batch(Executor executor, int mostParts, int logitRows) {
        if (logitRows <= 0) {
            throw new IllegalArgumentException("logitRows must be 1 or more, not " + logitRows);
        }
        this.executor = executor;
        this.logitRows = logitRows;
        step = Step.forParts(mostParts);
        sequences = new ArrayList<>(mostParts);
        int tokens = executor.stepTokens();
        long vocabulary = executor.graph().vocabulary();
        idStaging = arena.allocate(4L * tokens, 64);
        bestStaging = arena.allocate(4L * logitRows, 64);
        logitsStaging = arena.allocate(4L * vocabulary, 64);
        int together = Math.min(mostParts, executor.batchTokens());
        work = new MicroBatches(() ->
                new MicroBatch(together, (part, layer) -> sequences.get(part).state(layer), idStaging, bestStaging));
        executor.register(this);
        try {
            executor.attempt(this::placed);
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /** Takes all parts out, and forgets the results of the last run. */
    public void clear() {
        step.clear();
        sequences.clear();
        ran = false;
        chosen = false;
        generation++;
    }

    /**
     * Adds a part: the next tokens of a sequence. If this fails nothing is added.
     *
     * @param sequence one of this batch's model that is not in the batch yet
     * @param tokens ids, each within the vocabulary
     * @param from index of the first
     * @param count how many, at least one; all parts together at most the executor's {@link Executor#stepTokens}
     * @param outputRows for how many of them, counted from the last, logits are computed; all parts together at most what
     *     the batch was made for
     * @return the part's number
     * @throws SluiceException if the sequence is full or an id is not in the vocabulary
     * @throws IllegalArgumentException if the tokens are too many, or the sequence is of another model or in the batch
     * @throws IllegalStateException if the batch or the sequence is closed, or the batch has run and was not cleared
     */
    public int add(Sequence sequence, int[] tokens, int from, int count, int outputRows) {
        requireOpen();
        sequence.requireOpen();
        if (ran) {
            throw new IllegalStateException("the batch has run: clear it before adding to it");
        }
        if (sequence.executor() != executor) {
            throw new IllegalArgumentException("the sequence belongs to another model");
        }
        if (sequences.contains(sequence)) {
            throw new IllegalArgumentException("the sequence is in the batch already");
        }
        int room = executor.stepTokens() - step.tokens();
        int rowsLeft = logitRows - step.outputRows();
        if (count <= 0 || count > room || outputRows < 0 || outputRows > Math.min(count, rowsLeft)) {
            throw new IllegalArgumentException(count + " tokens, " + outputRows
                    + " output rows; the batch has room for " + room + " and " + rowsLeft);
        }
        sequence.requireRoom(count);
        int vocabulary = executor.graph().vocabulary();
        for (int i = 0; i < count; i++) {
            int id = tokens[from + i];
            if (id < 0 || id >= vocabulary) {
                throw new SluiceException(
                        "token id " + id + " is not within the vocabulary of " + vocabulary + " tokens");
            }
            idStaging.setAtIndex(ValueLayout.JAVA_INT, step.tokens() + i, id);
        }
        step.add(sequence.position(), count, outputRows);
        sequences.add(sequence);
        return sequences.size() - 1;
    }

    /** How many sequences take part. */
    public int parts() {
        return step.parts();
    }

    /**
     * Computes all parts; each sequence then holds its tokens. If this fails every sequence is what it was before.
     *
     * @throws SluiceException if the device fails
     * @throws IllegalStateException if there is no part, or a sequence was changed or closed since it was added, or the
     *     batch has run already or is closed; nothing is computed then
     */
    public void run() {
        run(Progress.NONE);
    }

    /** The same; {@code progress} is told how far it is submitted, and may end it by an exception, as if it had failed. */
    void run(Progress progress) {
        requireOpen();
        if (ran || sequences.isEmpty()) {
            throw new IllegalStateException(ran ? "the batch has run already" : "the batch is empty");
        }
        for (int part = 0; part < sequences.size(); part++) {
            Sequence sequence = sequences.get(part);
            sequence.requireOpen();
            if (sequence.position() != step.position(part)) {
                throw new IllegalStateException("the sequence of part " + part + " was at " + step.position(part)
                        + " when it was added, and is at " + sequence.position() + " now");
            }
        }
        this.progress = progress;
        try {
            executor.attempt(compute);
        } finally {
            this.progress = Progress.NONE;
        }
        for (int part = 0; part < sequences.size(); part++) {
            sequences.get(part).advance(idStaging, step.firstRow(part), step.tokens(part));
        }
        ran = true;
    }

    /**
     * The id of the largest logit of a part's last row. The choices of all parts are made and read at once, when the first
     * is asked for.
     *
     * @throws SluiceException if the logits are not numbers
     * @throws IllegalStateException if the part's logits were not computed
     */
    public int bestToken(int part) {
        int last = output(part, -1);
        while (true) {
            executor.attempt(choose);
            int id = bestStaging.getAtIndex(ValueLayout.JAVA_INT, last);
            if (id >= 0) {
                return id;
            }
            if (!executor.movedFromWrongDevice()) {
                throw notANumber();
            }
        }
    }

    /**
     * Reads one row of a part's logits.
     *
     * @param row 0 for the first that was computed for this part
     * @param target receives vocabulary floats
     * @throws SluiceException if one of them is not a number
     * @throws IllegalStateException if the row was not computed
     */
    public void logits(int part, int row, float[] target) {
        if (row < 0) {
            throw new IllegalStateException("row " + row);
        }
        int output = output(part, row);
        int vocabulary = executor.graph().vocabulary();
        wantedRow = output;
        while (true) {
            executor.attempt(readRow);
            MemorySegment.copy(logitsStaging, ValueLayout.JAVA_FLOAT, 0, target, 0, vocabulary);
            float sum = 0;
            for (int i = 0; i < vocabulary; i++) {
                sum += target[i];
            }
            if (!Float.isNaN(sum)) {
                return;
            }
            if (!executor.movedFromWrongDevice()) {
                throw notANumber();
            }
        }
    }

    private void compute() {
        submit(placed());
    }

    private void submit(StepMemory place) {
        StepTrace trace = place.trace();
        trace.begin(step);
        begun = System.nanoTime();
        timed = false;
        grouping.cut(step, executor, work);
        place.run(work, progress);
        if (step.outputRows() == 0) {
            trace.end();
        }
    }

    private void choose() {
        StepMemory place = placed();
        if (chosen) {
            return;
        }
        for (int i = 0; i < work.count(); i++) {
            MicroBatch one = work.get(i);
            if (one.slot() != MicroBatch.NO_OUTPUTS) {
                executor.argMax(one.step(), place.logits(one.slot()), place.best(one.slot()));
            }
        }
        for (int i = 0; i < work.count(); i++) {
            MicroBatch one = work.get(i);
            if (one.slot() != MicroBatch.NO_OUTPUTS) {
                place.read(place.best(one.slot()), 0, one.best(), "choices");
            }
        }
        chosen = true;
        done(place);
    }

    private void readRow() {
        StepMemory place = placed();
        MicroBatch one = work.withOutput(wantedRow);
        place.read(
                place.logits(one.slot()),
                (wantedRow - one.firstOutput()) * logitsStaging.byteSize(),
                logitsStaging,
                "logits");
        done(place);
    }

    /** The first results are there: the devices have computed all of the step. */
    private void done(StepMemory place) {
        if (!timed) {
            timed = true;
            grouping.took(step, System.nanoTime() - begun);
        }
        place.trace().end();
    }

    /**
     * What steps need on the devices that there are now, and its sequences there too. If devices have changed, a step that has
     * run is run again: what came of it is gone with the device.
     */
    StepMemory placed() {
        StepMemory present = memory;
        boolean anew = present == null || present.epoch() != executor.epoch();
        StepMemory place = anew ? new StepMemory(executor, logitRows) : Objects.requireNonNull(present);
        try {
            for (int part = 0; part < sequences.size(); part++) {
                sequences.get(part).place(place, step.position(part));
            }
            if (anew && ran) {
                submit(place);
                chosen = false;
            }
        } catch (RuntimeException e) {
            if (anew) {
                place.close();
            }
            throw e;
        }
        if (anew) {
            displace();
            memory = place;
        }
        return place;
    }

    @Override
    public void displace() {
        StepMemory present = memory;
        if (present != null) {
            memory = null;
            present.close();
        }
    }

    /** Where a part's row of logits is among all rows; row −1 is its last. */
    private int output(int part, int row) {
        requireOpen();
        int rows = ran ? step.outputRows(part) : 0;
        if (rows == 0 || row >= rows) {
            throw new IllegalStateException("the last step computed " + rows + " rows of logits");
        }
        return step.firstOutput(part) + (row < 0 ? rows - 1 : row);
    }

    static SluiceException notANumber() {
        return new SluiceException("the logits are not numbers (NaN): the model file is damaged, or its values"
                + " overflow; 'sluice inspect' shows what it holds");
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("the batch is closed");
        }
    }

    Executor executor() {
        return executor;
    }

    /** A number that changes when the results are forgotten. */
    long generation() {
        return generation;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            executor.unregister(this);
            displace();
            arena.close();
        }
    }
}
