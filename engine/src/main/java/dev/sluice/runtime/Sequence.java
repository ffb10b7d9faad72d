package dev.sluice.runtime;

import dev.sluice.backend.KvType;
import dev.sluice.backend.LayerState;
import dev.sluice.error.SluiceException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One sequence of tokens: its KV caches and its position. It grows by {@link #append}, or together with others in a
 * {@link Batch}. Used by one thread at a time; the owner closes it, twice without harm.
 */
public final class Sequence implements AutoCloseable, Placed {
    /** No {@link Batch#generation}: there are no results to be read. */
    private static final long NO_RESULTS = -1;

    private final Executor executor;
    private final int capacity;
    private final KvType kv;
    /** What it holds, to be computed again where a device has failed. */
    private final int[] tokens;

    private List<@Nullable LayerState> states = List.of();
    /** Of the executor's, in which the states were made. */
    private int epoch = -1;

    private final Batch batch;
    private final boolean ownsBatch;
    private int position;
    private long results = NO_RESULTS;
    private boolean closed;

    /** A sequence that appends through a batch of its own, closed with it, or through one that it shares. */
    Sequence(Executor executor, int capacity, KvType kv, Batch batch, boolean ownsBatch) {
        this.executor = executor;
        this.capacity = capacity;
        this.kv = kv;
        this.batch = batch;
        this.ownsBatch = ownsBatch;
        tokens = new int[capacity];
        executor.register(this);
        try {
            executor.attempt(() -> place(batch.placed(), 0));
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /** Tokens evaluated so far. */
    public int position() {
        return position;
    }

    /** The most tokens that it can hold. */
    public int capacity() {
        return capacity;
    }

    /** Forgets everything from a position on. */
    public void truncate(int newPosition) {
        if (newPosition < 0 || newPosition > position) {
            throw new IllegalArgumentException("position " + newPosition + " of " + position);
        }
        position = newPosition;
        results = NO_RESULTS;
    }

    /**
     * Appends one step's worth of tokens. If this fails nothing is appended, and earlier results are forgotten.
     *
     * @param tokens ids, each within the vocabulary
     * @param from index of the first
     * @param count how many, at most {@link Executor#stepTokens}
     * @param outputRows for how many of them, counted from the last, logits are computed
     * @throws SluiceException if the sequence is full
     */
    public void append(int[] tokens, int from, int count, int outputRows) {
        append(tokens, from, count, outputRows, Progress.NONE);
    }

    /** The same; {@code progress} is told how far it is submitted, and may end it by an exception, as if it had failed. */
    void append(int[] tokens, int from, int count, int outputRows, Progress progress) {
        batch.clear();
        batch.add(this, tokens, from, count, outputRows);
        batch.run(progress);
        results = batch.generation();
    }

    /**
     * Goes on with the largest logit each time, the device's choice being its next input. Earlier results are forgotten.
     *
     * @param first id to append first
     * @param most how many tokens to append at most, {@code first} among them
     * @throws SluiceException if the sequence has no room for so many
     */
    public GreedyRun greedy(int first, int most) {
        requireOpen();
        requireRoom(most);
        batch.clear();
        results = NO_RESULTS;
        return new GreedyRun(executor, this, batch, first, most);
    }

    /**
     * The id of the largest logit of the last row that {@link #append} computed.
     *
     * @throws IllegalStateException if there is none, or a shared batch has been used otherwise since
     */
    public int bestToken() {
        requireResults();
        return batch.bestToken(0);
    }

    /**
     * Reads one row of the logits that {@link #append} computed last.
     *
     * @param row 0 for the first row computed
     * @param target receives vocabulary floats
     * @throws SluiceException if one of them is not a number
     * @throws IllegalStateException if it was not computed, or a shared batch has been used otherwise since
     */
    public void logits(int row, float[] target) {
        requireResults();
        batch.logits(0, row, target);
    }

    private void requireResults() {
        requireOpen();
        if (results != batch.generation()) {
            throw new IllegalStateException("there are no logits of an append: nothing was appended, the sequence was"
                    + " changed since, or its batch was used for something else");
        }
    }

    Executor executor() {
        return executor;
    }

    void requireOpen() {
        if (closed) {
            throw new IllegalStateException("the sequence is closed");
        }
    }

    void requireRoom(int count) {
        if (count > capacity - position) {
            throw new SluiceException("the context is full: it holds " + capacity + " tokens, " + position
                    + " are taken and " + count + " more are to be added; raise --ctx");
        }
    }

    /** Takes tokens in that a batch has computed: int32 ids from an index on. */
    void advance(MemorySegment ids, long from, int count) {
        MemorySegment.copy(ids, ValueLayout.JAVA_INT, Integer.BYTES * from, tokens, position, count);
        position += count;
        results = NO_RESULTS;
    }

    /** Takes a token in that was computed. */
    void advance(int id) {
        tokens[position++] = id;
        results = NO_RESULTS;
    }

    /**
     * Has the KV caches on the devices that there are now: if these have changed, computes them again from the tokens.
     *
     * @param memory through which it is computed
     * @param count how many tokens there shall be
     */
    void place(StepMemory memory, int count) {
        if (epoch == executor.epoch()) {
            return;
        }
        List<@Nullable LayerState> fresh = new ArrayList<>();
        try {
            for (int i = 0; i < executor.layerCount(); i++) {
                fresh.add(executor.newState(i, capacity, kv));
            }
            executor.replay(tokens, count, memory, fresh);
        } catch (RuntimeException e) {
            release(fresh);
            throw e;
        }
        synchronized (tokens) {
            states = fresh;
            epoch = executor.epoch();
        }
    }

    @Override
    public void displace() {
        List<@Nullable LayerState> before;
        synchronized (tokens) {
            before = states;
            states = List.of();
            epoch = -1;
        }
        release(before);
    }

    private static void release(List<@Nullable LayerState> states) {
        for (LayerState state : states.reversed()) {
            if (state != null) {
                Release.of(state::close);
            }
        }
    }

    @Nullable
    LayerState state(int layer) {
        return states.get(layer);
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            if (ownsBatch) {
                batch.close();
            }
            executor.unregister(this);
            displace();
        }
    }
}
