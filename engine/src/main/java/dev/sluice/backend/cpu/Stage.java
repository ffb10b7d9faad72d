package dev.sluice.backend.cpu;

import java.util.List;

/**
 * A piece of a layer that all workers run, each its share. Workers meet between two stages only where the later one
 * reads what was written since they last met.
 *
 * @param reads numbers of the values read
 * @param writes number of the value written
 * @param body the work
 */
record Stage(List<Integer> reads, int writes, Body body) {
    /** A worker's share of a stage. */
    @FunctionalInterface
    interface Body {
        void run(Run run, Worker worker);
    }
}
