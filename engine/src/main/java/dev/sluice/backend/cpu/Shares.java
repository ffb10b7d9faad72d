package dev.sluice.backend.cpu;

import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * How the pieces of a stage are shared out in one step. Each worker has a fixed share of adjoining pieces, the same in every
 * step, and takes it in ever smaller portions, half of what is left each time; who has finished helps the others in the same
 * way. A core that is slower for a while then holds nobody up by more than a piece.
 */
final class Shares {
    /** Integers of a cache line: workers that take from their own shares write different lines. */
    private static final int LINE = 16;

    private final int workers;
    /** Of each share, the pieces that were taken. */
    private final AtomicIntegerArray taken;

    /** What is done with some adjoining pieces. */
    @FunctionalInterface
    interface Portion {
        void run(Run run, Worker worker, int first, int last);
    }

    Shares(int workers) {
        this.workers = workers;
        taken = new AtomicIntegerArray(workers * LINE);
    }

    /** Before a step, while no worker takes anything. */
    void begin() {
        for (int w = 0; w < workers; w++) {
            taken.lazySet(w * LINE, 0);
        }
    }

    /** Does a worker's share, and what it can take over of the others'. */
    void run(int pieces, Run run, Worker worker, Portion body) {
        if (workers == 1) {
            body.run(run, worker, 0, pieces);
            return;
        }
        for (int i = 0; i < workers; i++) {
            int owner = (worker.index + i) % workers;
            int first = Worker.first(pieces, owner, workers);
            int share = Worker.first(pieces, owner + 1, workers) - first;
            for (int at = taken.get(owner * LINE); at < share; at = taken.get(owner * LINE)) {
                int next = at + (share - at + 1) / 2;
                if (taken.compareAndSet(owner * LINE, at, next)) {
                    body.run(run, worker, first + at, first + next);
                }
            }
        }
    }
}
