package dev.sluice.simulate;

import dev.sluice.backend.Fence;
import dev.sluice.error.DeviceFailure;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Streamed weights that cross the link, one layer after another. Nothing is moved, so that no thread has to carry it out: when a
 * copy has ended is reckoned when somebody asks, and those queued before it with it. A thread that woke up for each copy would
 * take the processor from the computation on which the copy is not to cost any time.
 *
 * <p>Who reckons a copy may have to wait for the computation that it overwrites the weights of. That cannot be one that waits for
 * a later copy: a layer is submitted after its own copy, and before the copies that wait for it. So nobody waits for more than the
 * copies up to his own.
 */
final class StreamedCopies {
    /** What a copy takes. */
    @FunctionalInterface
    interface Duration {
        /** Nanoseconds; may fail as a copy does. */
        long of(long bytes);
    }

    /** Hears of copies, for the timeline. */
    @FunctionalInterface
    interface Listener {
        void copied(long start, long end, long bytes);
    }

    private final Health health;
    private final Duration duration;
    private final Listener listener;
    private final Queue<Copy> pending = new ArrayDeque<>();
    private final ReentrantLock lock = new ReentrantLock();
    /** A copy has been reckoned. */
    private final Condition reckoned = lock.newCondition();
    /** Whether a thread reckons one; it does so without the lock, so that others see when theirs is done. */
    private boolean reckoning;

    private long end = System.nanoTime();

    StreamedCopies(Health health, Duration duration, Listener listener) {
        this.health = health;
        this.duration = duration;
        this.listener = listener;
    }

    /**
     * Queues a copy.
     *
     * @param before the computation that has to be over
     */
    Copy submit(long bytes, @Nullable Event before) {
        health.requireWorking();
        Copy copy = new Copy(this, bytes, before, System.nanoTime());
        lock.lock();
        try {
            pending.add(copy);
        } finally {
            lock.unlock();
        }
        return copy;
    }

    /** Reckons the copies up to one, each of them by whichever thread comes first. */
    private void reckon(Copy last) {
        lock.lock();
        try {
            while (!last.reckoned) {
                if (reckoning) {
                    reckoned.awaitUninterruptibly();
                } else {
                    reckonFirst();
                }
            }
        } finally {
            lock.unlock();
        }
    }

    private void reckonFirst() {
        Copy copy = pending.poll();
        if (copy == null) {
            throw new IllegalStateException("a copy that was not queued");
        }
        reckoning = true;
        lock.unlock();
        try {
            reckonNext(copy);
        } finally {
            lock.lock();
            reckoning = false;
            reckoned.signalAll();
        }
    }

    private void reckonNext(Copy copy) {
        try {
            health.requireWorking();
            long ready = Math.max(end, copy.queued);
            Event before = copy.before;
            long start = before == null ? ready : Math.max(ready, before.time());
            end = start + duration.of(copy.bytes);
            copy.end = end;
            listener.copied(start, end, copy.bytes);
        } catch (DeviceFailure e) {
            health.fails(e);
            copy.failure = e;
        } catch (RuntimeException e) {
            copy.failure = e; // the computation's before it, which has told the device
        }
        copy.before = null; // or each would hold all before it
        copy.reckoned = true;
    }

    /** A copy that was queued. */
    static final class Copy implements Fence {
        private final StreamedCopies copies;
        private final long bytes;
        private final long queued;
        private @Nullable Event before;
        private long end;
        private @Nullable RuntimeException failure;
        private volatile boolean reckoned;

        private Copy(StreamedCopies copies, long bytes, @Nullable Event before, long queued) {
            this.copies = copies;
            this.bytes = bytes;
            this.before = before;
            this.queued = queued;
        }

        /** When the simulated device has the bytes; waits until that is known, not until then. */
        long time() {
            if (!reckoned) {
                copies.reckon(this);
            }
            RuntimeException why = failure;
            if (why != null) {
                throw why;
            }
            return end;
        }

        @Override
        public void await() {
            Event.parkUntil(time());
        }
    }
}
