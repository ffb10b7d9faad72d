package dev.sluice.runtime;

import dev.sluice.backend.DeviceMemory;
import dev.sluice.backend.KvType;
import dev.sluice.backend.LayerState;
import dev.sluice.error.SluiceException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One sequence of tokens: its KV caches, its activations and its position. Used by one thread at a time; the owner
 * closes it, twice without harm.
 */
public final class Sequence implements AutoCloseable {
    private final Executor executor;
    private final int capacity;
    private final int logitRows;
    private final List<@Nullable LayerState> states = new ArrayList<>();
    private final List<DeviceMemory> memories = new ArrayList<>();
    private final Arena arena = Arena.ofShared();
    private final DeviceMemory ids;
    private final DeviceMemory hidden;
    private final DeviceMemory logits;
    private final DeviceMemory best;
    private final MemorySegment staging;
    private final MemorySegment logitsStaging;
    private int position;
    private int lastRows;
    private boolean closed;

    Sequence(Executor executor, int capacity, KvType kv, int logitRows) {
        this.executor = executor;
        this.capacity = capacity;
        this.logitRows = logitRows;
        int batch = executor.batchTokens();
        long vocabulary = executor.graph().vocabulary();
        try {
            for (int i = 0; i < executor.layerCount(); i++) {
                states.add(executor.newState(i, capacity, kv));
            }
            ids = allocate(4L * batch);
            hidden = allocate(4L * batch * executor.graph().embedding());
            logits = allocate(4L * logitRows * vocabulary);
            best = allocate(4L * logitRows);
            staging = arena.allocate(4L * batch, 64);
            logitsStaging = arena.allocate(4L * vocabulary, 64);
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    private DeviceMemory allocate(long bytes) {
        DeviceMemory memory = executor.allocate(bytes);
        memories.add(memory);
        return memory;
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
        lastRows = 0;
    }

    /**
     * Appends one step's worth of tokens.
     *
     * @param tokens ids, each within the vocabulary
     * @param from index of the first
     * @param count how many, at most the executor's batch
     * @param outputRows for how many of them, counted from the last, logits are computed
     * @throws SluiceException if the sequence is full
     */
    public void append(int[] tokens, int from, int count, int outputRows) {
        if (closed) {
            throw new IllegalStateException("the sequence is closed");
        }
        if (count <= 0 || count > executor.batchTokens() || outputRows > logitRows) {
            throw new IllegalArgumentException(count + " tokens, " + outputRows + " output rows");
        }
        if (count > capacity - position) {
            throw new SluiceException("the context is full: it holds " + capacity + " tokens, " + position
                    + " are taken and " + count + " more are to be added; raise --ctx");
        }
        int vocabulary = executor.graph().vocabulary();
        for (int i = 0; i < count; i++) {
            int id = tokens[from + i];
            if (id < 0 || id >= vocabulary) {
                throw new SluiceException(
                        "token id " + id + " is not within the vocabulary of " + vocabulary + " tokens");
            }
            staging.setAtIndex(ValueLayout.JAVA_INT, i, id);
        }
        ids.write(0, staging.asSlice(0, 4L * count));
        executor.step(this, count, outputRows);
        position += count;
        lastRows = outputRows;
    }

    /** The id of the largest logit of the last row. */
    public int bestToken() {
        requireLogits(0);
        executor.argMax(this, lastRows);
        best.read(4L * (lastRows - 1), staging.asSlice(0, 4));
        int id = staging.get(ValueLayout.JAVA_INT, 0);
        if (id < 0) {
            throw notANumber();
        }
        return id;
    }

    /**
     * Reads one row of the last step's logits.
     *
     * @param row 0 for the first row computed
     * @param target receives vocabulary floats
     * @throws SluiceException if one of them is not a number
     */
    public void logits(int row, float[] target) {
        requireLogits(row);
        logits.read(row * logitsStaging.byteSize(), logitsStaging);
        MemorySegment.copy(
                logitsStaging,
                ValueLayout.JAVA_FLOAT,
                0,
                target,
                0,
                executor.graph().vocabulary());
        float sum = 0;
        for (float value : target) {
            sum += value;
        }
        if (Float.isNaN(sum)) {
            throw notANumber();
        }
    }

    private void requireLogits(int row) {
        if (row < 0 || row >= lastRows) {
            throw new IllegalStateException("the last step computed " + lastRows + " rows of logits");
        }
    }

    private static SluiceException notANumber() {
        return new SluiceException("the logits are not numbers (NaN): the model file is damaged, or its values"
                + " overflow; 'sluice inspect' shows what it holds");
    }

    DeviceMemory ids() {
        return ids;
    }

    DeviceMemory hidden() {
        return hidden;
    }

    DeviceMemory logits() {
        return logits;
    }

    DeviceMemory best() {
        return best;
    }

    @Nullable
    LayerState state(int layer) {
        return states.get(layer);
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            memories.reversed().forEach(DeviceMemory::close);
            for (LayerState state : states.reversed()) {
                if (state != null) {
                    state.close();
                }
            }
            arena.close();
        }
    }
}
