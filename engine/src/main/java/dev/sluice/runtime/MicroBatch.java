package dev.sluice.runtime;

import dev.sluice.backend.LayerState;
import dev.sluice.backend.StateSource;
import dev.sluice.backend.Step;
import dev.sluice.backend.Window;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Rows of a step that go through the devices together: some of its sequences, or a piece of a prompt. Used again and again. */
final class MicroBatch {
    /** Without logits. */
    static final int NO_OUTPUTS = -1;

    /** What sequences keep. */
    @FunctionalInterface
    interface Kept {
        /** What the sequence of a part of the whole step keeps in a layer of the model. */
        @Nullable
        LayerState of(int part, int layer);
    }

    private final Step step;
    private final Kept kept;
    private final @Nullable LayerState[] states;
    private final Window ids;
    private final Window best;
    private List<List<StateSource>> sources = List.of();
    private int epoch = -1;
    private int firstPart;
    private int firstRow;
    private int firstOutput;
    private int slot = NO_OUTPUTS;

    /**
     * Empty.
     *
     * @param ids int32, of the whole step
     * @param best int32, receives the choices of the whole step
     */
    MicroBatch(int mostParts, Kept kept, MemorySegment ids, MemorySegment best) {
        step = Step.forParts(mostParts);
        this.kept = kept;
        states = new LayerState[mostParts];
        this.ids = new Window(ids);
        this.best = new Window(best);
    }

    /** Takes all rows out, to be filled with those behind what others have. */
    void begin(int part, int row, int output) {
        step.clear();
        firstPart = part;
        firstRow = row;
        firstOutput = output;
        slot = NO_OUTPUTS;
    }

    /** Its rows; the first part is the whole step's {@link #begin first}. */
    Step step() {
        return step;
    }

    /** Has its logits at a place of the step's; see {@link StepMemory#logits}. */
    void outputsTo(int number) {
        slot = number;
    }

    /** Where its logits are, or {@link #NO_OUTPUTS}. */
    int slot() {
        return slot;
    }

    /** Its ids on the host. */
    MemorySegment ids() {
        return ids.of((long) Integer.BYTES * firstRow, (long) Integer.BYTES * step.tokens());
    }

    /** Where its choices belong on the host. */
    MemorySegment best() {
        return best.of((long) Integer.BYTES * firstOutput, (long) Integer.BYTES * step.outputRows());
    }

    /** Number of its first row of logits among the whole step's. */
    int firstOutput() {
        return firstOutput;
    }

    /** What its sequences keep, for each part of the model and run of layers, where these are now. */
    List<List<StateSource>> sources(Executor executor) {
        if (epoch != executor.epoch()) {
            sources = executor.perPart(this::states);
            epoch = executor.epoch();
        }
        return sources;
    }

    private @Nullable LayerState[] states(int layer) {
        for (int i = 0; i < step.parts(); i++) {
            states[i] = kept.of(firstPart + i, layer);
        }
        return states;
    }
}
