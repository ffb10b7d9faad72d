package dev.sluice.backend.cpu;

import java.util.List;

/**
 * A piece of a layer that all workers run, each its share. Workers meet between two stages only where the later one reads
 * what another worker may have written since they last met.
 *
 * @param reads numbers of the values read
 * @param writes number of the value written
 * @param pieces into how many equal pieces each token's row is cut, to be shared out in order ({@link Worker#first}); a
 *     worker that reads a value in the same pieces as it was written in finds its own. 0 if the stage is shared out in
 *     another way
 * @param each whether of few tokens each worker does all of it for itself ({@link Rounded})
 * @param body the work
 */
record Stage(List<Integer> reads, int writes, int pieces, boolean each, Body body) {
    /** A stage whose work the workers share. */
    Stage(List<Integer> reads, int writes, int pieces, Body body) {
        this(reads, writes, pieces, false, body);
    }

    /** A worker's share of a stage. */
    @FunctionalInterface
    interface Body {
        void run(Run run, Worker worker);
    }
}
