package dev.sluice.simulate;

import dev.sluice.backend.Device;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/** A real device that several simulated ones compute on, in turn. The last of them closes it. */
final class SharedDevice {
    private final Device device;
    /** Fair, so that none of them waits for long. */
    private final ReentrantLock lock = new ReentrantLock(true);

    private int users;

    SharedDevice(Device device) {
        this.device = device;
    }

    /** The device, for what takes no computing. */
    Device device() {
        return device;
    }

    <T> T call(Supplier<T> work) {
        lock.lock();
        try {
            return work.get();
        } finally {
            lock.unlock();
        }
    }

    void run(Runnable work) {
        lock.lock();
        try {
            work.run();
        } finally {
            lock.unlock();
        }
    }

    void acquire() {
        run(() -> users++);
    }

    /** Returns whether the device was closed, because nobody uses it any more. */
    boolean release() {
        return call(() -> {
            if (--users > 0) {
                return false;
            }
            device.close();
            return true;
        });
    }
}
