package dev.sluice.simulate;

import dev.sluice.backend.DeviceInfo;
import dev.sluice.error.DeviceFailure;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/** Whether a simulated device works, has failed for good, or was closed. */
final class Health {
    private final DeviceInfo info;
    private final long patienceNanos;
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile @Nullable RuntimeException failure;
    private volatile boolean closed;

    /** {@code patienceNanos}: after which a command that is not done never will be. */
    Health(DeviceInfo info, long patienceNanos) {
        this.info = info;
        this.patienceNanos = patienceNanos;
    }

    long patienceNanos() {
        return patienceNanos;
    }

    boolean works() {
        return failure == null && !closed;
    }

    /** Throws what the device has failed with, if it has. */
    void requireWorking() {
        RuntimeException present = failure;
        if (present != null) {
            throw present;
        }
        if (closed) {
            throw new IllegalStateException(info.id() + " has been closed");
        }
    }

    /** The device has failed for good. */
    synchronized void fails(RuntimeException why) {
        if (failure == null) {
            failure = why;
        }
        ended.countDown();
    }

    /** A command is not done in time. */
    void hangs() {
        fails(new DeviceFailure(
                info.id(),
                DeviceFailure.Phase.HANG,
                info.id() + " (" + info.name() + ", simulated) has not answered for " + patienceNanos / 1_000_000_000
                        + " seconds",
                null));
        requireWorking();
    }

    void close() {
        closed = true;
        ended.countDown();
    }

    /** Waits until the device has failed or is closed, and says so by an exception. */
    void awaitEnd() {
        boolean interrupted = false;
        while (true) {
            try {
                ended.await();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        requireWorking();
    }
}
