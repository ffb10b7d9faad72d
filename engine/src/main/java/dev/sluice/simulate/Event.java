package dev.sluice.simulate;

import dev.sluice.backend.Fence;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A command's end. What it does may be done before the time at which the simulated device would be: who waits for the event
 * waits for that, too.
 */
final class Event implements Fence {
    private static final int PIECES = 20;

    private final Health health;
    private final CountDownLatch done = new CountDownLatch(1);
    private long at;
    private @Nullable RuntimeException failure;

    Event(Health health) {
        this.health = health;
    }

    /** The command is done; the simulated device has it done at that time. */
    void complete(long time) {
        at = time;
        done.countDown();
    }

    void fail(RuntimeException why) {
        failure = why;
        done.countDown();
    }

    /**
     * Waits until the command is done, not until its time.
     *
     * @return when the simulated device has it done
     */
    long time() {
        boolean interrupted = false;
        // In pieces, each of which counts once: a machine that was asleep meanwhile has not waited.
        long piece = Math.max(1, health.patienceNanos() / PIECES);
        int waited = 0;
        while (waited < PIECES) {
            try {
                if (done.await(piece, TimeUnit.NANOSECONDS)) {
                    break;
                }
                waited++;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        if (waited == PIECES) {
            health.hangs();
        }
        if (failure != null) {
            throw failure;
        }
        return at;
    }

    @Override
    public void await() {
        parkUntil(time());
    }

    /** Waits until a time without any computing. */
    static void parkUntil(long time) {
        boolean interrupted = false;
        for (long left = time - System.nanoTime(); left > 0; left = time - System.nanoTime()) {
            LockSupport.parkNanos(left);
            interrupted |= Thread.interrupted(); // which would have parkNanos return at once
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
