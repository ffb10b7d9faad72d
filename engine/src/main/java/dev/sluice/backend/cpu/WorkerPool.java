package dev.sluice.backend.cpu;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The device's threads. A region is run by all of them at once, the submitting thread being worker 0; within it they meet
 * at barriers. Waiting threads spin, because the next phase of a layer is microseconds away and waking a parked thread takes
 * longer than many a phase; soon they offer their core to others at each turn, so that a busy machine does not wait for
 * them; and where nothing comes for long they park, at once where the last region was long in coming, too.
 * One region runs at a time: the device sees to that.
 */
final class WorkerPool implements AutoCloseable {
    /** Turns before the core is offered to others: some 20 µs, longer than most workers wait for each other. */
    private static final int SPINS = 800;
    /** Turns between two such offers. */
    private static final int SPINS_PER_OFFER = 20;
    /** Nanoseconds before parking: longer than what lies between two tokens. */
    private static final long PATIENCE = 1_000_000;

    /** A region: called once per worker, at the same time. */
    @FunctionalInterface
    interface Region {
        void run(Worker worker);
    }

    private final List<Worker> workers = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicInteger arrived = new AtomicInteger();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final AtomicReferenceArray<@Nullable Thread> parked;
    private volatile int phase;
    private volatile @Nullable Region region;
    private volatile boolean closed;

    WorkerPool(int count, List<Scratch> scratches) {
        parked = new AtomicReferenceArray<>(count);
        for (int i = 0; i < count; i++) {
            workers.add(new Worker(i, count, scratches.get(i)));
        }
        for (Worker worker : workers.subList(1, count)) {
            Thread thread = Thread.ofPlatform()
                    .name("sluice-cpu-" + worker.index)
                    .daemon()
                    .unstarted(() -> serve(worker));
            threads.add(thread);
            thread.start();
        }
    }

    int count() {
        return workers.size();
    }

    /** Runs a region to its end; rethrows what a worker threw. */
    void run(Region body) {
        Worker self = workers.getFirst();
        region = body;
        advance();
        guarded(body, self);
        barrier(self);
        region = null;
        Throwable thrown = failure.getAndSet(null);
        if (thrown instanceof RuntimeException e) {
            throw e;
        } else if (thrown instanceof Error e) {
            throw e;
        }
    }

    /** Waits until all workers are here. What they wrote before is visible to all after. */
    void barrier(Worker worker) {
        int here = phase;
        if (arrived.incrementAndGet() == workers.size()) {
            arrived.set(0);
            advance();
        } else {
            await(here, worker, PATIENCE);
        }
    }

    /** Whether a worker has failed in this region: the others then only keep meeting at the barriers. */
    boolean failed() {
        return failure.get() != null;
    }

    void fail(Throwable thrown) {
        failure.compareAndSet(null, thrown);
    }

    private void serve(Worker worker) {
        int seen = 0;
        long patience = PATIENCE;
        while (true) {
            long waiting = System.nanoTime();
            await(seen, worker, patience);
            // Where a device beside this one computes between two regions, a thread that watches takes the processor
            // from it.
            patience = System.nanoTime() - waiting < PATIENCE ? PATIENCE : 0;
            if (closed) {
                return;
            }
            guarded(Objects.requireNonNull(region), worker);
            // The pool stands still between the last arrival and the next region, so this is the phase to wait on.
            seen = endPhase(worker);
        }
    }

    private int endPhase(Worker worker) {
        int here = phase;
        barrier(worker);
        return here + 1;
    }

    private void guarded(Region body, Worker worker) {
        try {
            body.run(worker);
        } catch (RuntimeException | Error e) {
            fail(e);
        }
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // only the last to arrive, or the submitter, advances
    private void advance() {
        phase++;
        for (int i = 0; i < parked.length(); i++) {
            Thread sleeper = parked.get(i);
            if (sleeper != null) {
                LockSupport.unpark(sleeper);
            }
        }
    }

    @SuppressWarnings("ThreadPriorityCheck") // the result does not depend on who runs; a busy machine's pace does
    private void await(int old, Worker worker, long patience) {
        for (int i = 0; i < SPINS; i++) {
            if (phase != old) {
                return;
            }
            Thread.onSpinWait();
        }
        long end = System.nanoTime() + patience;
        while (System.nanoTime() < end) {
            for (int i = 0; i < SPINS_PER_OFFER; i++) {
                if (phase != old) {
                    return;
                }
                Thread.onSpinWait();
            }
            Thread.yield();
        }
        parked.set(worker.index, Thread.currentThread());
        while (phase == old) {
            LockSupport.park(this);
        }
        parked.set(worker.index, null);
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        advance();
        for (Thread thread : threads) {
            boolean interrupted = false;
            while (thread.isAlive()) {
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
