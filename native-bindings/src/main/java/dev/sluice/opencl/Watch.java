package dev.sluice.opencl;

import dev.sluice.opencl.ffi.CL;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Waits for commands of a context, but not for ever. OpenCL has no wait with a limit, and a thread that is in the driver cannot be
 * called back, so a thread of the watch goes there and the caller waits for it. If that takes too long the context is {@link
 * #lost()}: its driver is never called again, not even to release something, and what it might still use is never freed.
 *
 * <p>Thread-safe. Waiting makes no object once there are as many threads as wait at once.
 */
final class Watch {
    /** Time passes in so many pieces, each of which counts at most twice: a process that was stopped meanwhile has not waited. */
    private static final int PIECES = 16;

    private final LongSupplier patience;
    private final Deque<Waiter> idle = new ArrayDeque<>();
    private volatile @Nullable ClException lost;

    /** {@code patience}: nanoseconds that a wait that begins now may take. */
    Watch(LongSupplier patience) {
        this.patience = patience;
    }

    /** Why the context must not be touched any more; null while it answers. */
    @Nullable
    ClException lost() {
        return lost;
    }

    /**
     * Waits for an event.
     *
     * @param event its handle, which stays valid until this returns
     * @throws ClException if its command failed, or the driver does not answer in time
     */
    void await(long event) {
        Waiter waiter = take();
        waiter.begin(event);
        long limit = Math.max(PIECES, patience.getAsLong());
        long piece = limit / PIECES;
        long waited = 0;
        boolean interrupted = false;
        for (long before = System.nanoTime(); !waiter.done; ) {
            LockSupport.parkNanos(waiter, piece);
            interrupted |= Thread.interrupted(); // else the next park returns at once
            long now = System.nanoTime();
            waited += Math.min(now - before, 2 * piece);
            before = now;
            if (waited >= limit && !waiter.done) {
                ClException failure = ClException.hang("clWaitForEvents", limit);
                lost = failure;
                throw failure; // the waiter stays where it is
            }
        }
        int status = waiter.status;
        give(waiter);
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        Status.check(status, "clWaitForEvents");
    }

    private synchronized Waiter take() {
        ClException failure = lost;
        if (failure != null) {
            throw failure;
        }
        Waiter one = idle.poll();
        return one == null ? new Waiter().started() : one;
    }

    private synchronized void give(Waiter waiter) {
        idle.push(waiter);
    }

    /** Ends the threads that do not wait. */
    synchronized void close() {
        idle.forEach(Waiter::end);
        idle.clear();
    }

    /** A thread that goes to the driver for others. */
    private static final class Waiter {
        private final Thread thread;
        /** A list of one event; never freed before the collector sees that no thread has it. */
        private final MemorySegment list = Arena.ofAuto().allocate(ValueLayout.JAVA_LONG);

        private @Nullable Thread caller;
        private volatile boolean asked;
        private volatile boolean ended;
        private int status;
        private volatile boolean done;

        Waiter() {
            thread = Thread.ofPlatform().name("opencl-wait").daemon().unstarted(this::work);
        }

        Waiter started() {
            thread.start();
            return this;
        }

        void begin(long event) {
            list.set(ValueLayout.JAVA_LONG, 0, event);
            caller = Thread.currentThread();
            done = false;
            asked = true;
            LockSupport.unpark(thread);
        }

        void end() {
            ended = true;
            LockSupport.unpark(thread);
        }

        private void work() {
            while (!ended) {
                if (asked) {
                    asked = false;
                    status = CL.clWaitForEvents(1, list);
                    done = true;
                    LockSupport.unpark(caller);
                } else {
                    LockSupport.park(this);
                }
            }
        }
    }
}
