package dev.sluice.runtime;

import dev.sluice.backend.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** A step, cut into micro-batches that follow one another through the devices. */
final class MicroBatches {
    private final Supplier<MicroBatch> fresh;
    /** Those of the largest step so far. */
    private final List<MicroBatch> all = new ArrayList<>();

    private int count;
    private boolean prompt;

    MicroBatches(Supplier<MicroBatch> fresh) {
        this.fresh = fresh;
    }

    /**
     * Cuts a step, in order: what comes first in a sequence comes in an earlier micro-batch. Where the rows are more than one may
     * have, they are cut at multiples of that, as they are on a single device; then each of these pieces again.
     *
     * @param target rows of each
     * @param most rows that one may have, no fewer than the target
     * @param least tokens of a piece that is cut from what a single device computes together, at most half of the target: for
     *     smaller ones products and attention would take other ways
     */
    void cut(Step whole, int target, int most, int least) {
        count = 0;
        int slots = 0;
        prompt = whole.tokens() > whole.parts();
        MicroBatch open = next(0, 0, 0);
        for (int part = 0; part < whole.parts(); part++) {
            int tokens = whole.tokens(part);
            int silent = tokens - whole.outputRows(part);
            for (int done = 0; done < tokens; ) {
                Step step = open.step();
                int row = whole.firstRow(part) + done;
                int room = most - row % most;
                boolean full = room == most && step.tokens() > 0;
                int take = full ? 0 : piece(Math.min(tokens - done, room), step.tokens(), target, most, least);
                if (take == 0) {
                    open = next(part, row, whole.firstOutput(part) + Math.max(0, done - silent));
                    continue;
                }
                step.add(whole.position(part) + done, take, Math.max(0, done + take - Math.max(done, silent)));
                done += take;
                if (step.outputRows() > 0 && open.slot() == MicroBatch.NO_OUTPUTS) {
                    open.outputsTo(slots++);
                }
            }
        }
    }

    /** How many of a part's tokens that are left go to a micro-batch with so many rows. */
    private static int piece(int left, int rows, int target, int most, int least) {
        int room = target - rows;
        if (left <= room) {
            return left;
        }
        int take = Math.max(0, room);
        if (left - take < least) {
            take = left <= most - rows ? left : Math.max(0, left - least);
        }
        return take < least && rows > 0 ? 0 : take;
    }

    private MicroBatch next(int part, int row, int output) {
        if (count == all.size()) {
            all.add(fresh.get());
        }
        MicroBatch next = all.get(count++);
        next.begin(part, row, output);
        return next;
    }

    int count() {
        return count;
    }

    MicroBatch get(int index) {
        return all.get(index);
    }

    /** The one that has a row of the step's logits. */
    MicroBatch withOutput(int row) {
        for (int i = 0; i < count; i++) {
            MicroBatch one = all.get(i);
            if (row < one.firstOutput() + one.step().outputRows()) {
                return one;
            }
        }
        throw new IndexOutOfBoundsException("row " + row + " of logits");
    }

    /** Whether there are more tokens than one of each sequence. */
    boolean prompt() {
        return prompt;
    }
}
