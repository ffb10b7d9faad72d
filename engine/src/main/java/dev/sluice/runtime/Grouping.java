package dev.sluice.runtime;

import dev.sluice.backend.Pace;
import dev.sluice.backend.Step;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * How many rows of a step make a micro-batch.
 *
 * <p>On several devices a prompt is cut into four pieces for each, as far as these stay large enough to keep a device busy: of n
 * pieces over d devices the time is (n + d − 1) / (n · d) of one after another. Steps that decode read all weights once for each
 * group of sequences, which pays where devices are bound by computation and does not where they are bound by memory: so both ways
 * are tried and measured, for each power of two of sequences.
 */
final class Grouping {
    private static final int PIECES = 4;
    /** Fewer rows are not cut from a prompt: products and attention would take slower ways. */
    private static final int LEAST_PROMPT = 64;

    private static final int LEAST_PIECE = 16;
    private static final int GROUPS = 2;
    /** Sequences of a group at least: with fewer, products read weights and hardly compute. */
    private static final int LEAST_GROUP = 8;

    private final List<Pace> paces = new ArrayList<>();
    private int epoch = -1;
    private boolean measured;

    /** Rows of the micro-batches of a step that is cut for the first time. */
    static List<Integer> rows(Step step, Executor executor) {
        MicroBatches work = new MicroBatches(
                () -> new MicroBatch(step.parts(), (part, layer) -> null, MemorySegment.NULL, MemorySegment.NULL));
        new Grouping().cut(step, executor, work);
        List<Integer> rows = new ArrayList<>();
        for (int i = 0; i < work.count(); i++) {
            rows.add(work.get(i).step().tokens());
        }
        return rows;
    }

    /** Cuts a step for an executor's devices. */
    void cut(Step step, Executor executor, MicroBatches work) {
        if (epoch != executor.epoch()) {
            epoch = executor.epoch();
            paces.clear();
            for (int bits = 0; bits < Integer.SIZE; bits++) {
                paces.add(new Pace());
            }
        }
        int devices = executor.computingParts();
        int most = executor.batchTokens();
        boolean decode = step.tokens() == step.parts();
        measured = decode && devices > 1 && step.parts() >= 2 * LEAST_GROUP;
        int target = most;
        int least = 0;
        if (measured) {
            if (pace(step).first()) {
                target = Math.ceilDiv(step.parts(), Math.min(GROUPS * devices, step.parts() / LEAST_GROUP));
            }
        } else if (!decode && devices > 1) {
            target = Math.max(LEAST_PROMPT, Math.ceilDiv(step.tokens(), PIECES * devices));
            least = LEAST_PIECE;
        }
        if (executor.streams()) {
            // Another round of micro-batches would copy all streamed weights once more.
            target = step.tokens() > most ? most : Math.max(target, Math.ceilDiv(step.tokens(), executor.ring()));
        }
        target = Math.min(target, most);
        work.cut(step, target, most, Math.min(least, target / 2));
    }

    /** How long a step took that was cut last. */
    void took(Step step, long nanos) {
        if (measured) {
            pace(step).took(nanos);
        }
    }

    private Pace pace(Step step) {
        return paces.get(Integer.SIZE - 1 - Integer.numberOfLeadingZeros(step.parts()));
    }
}
