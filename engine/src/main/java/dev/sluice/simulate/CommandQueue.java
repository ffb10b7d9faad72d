package dev.sluice.simulate;

import dev.sluice.error.DeviceFailure;
import dev.sluice.error.SluiceException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * Commands that a thread of its own carries out one after another. Their times are reckoned, not measured: a command begins
 * when the one before has ended, or when it was queued if that is later, however late the thread wakes up.
 */
final class CommandQueue {
    /** What is carried out. */
    @FunctionalInterface
    interface Command {
        /**
         * Does it.
         *
         * @param ready the earliest time at which it can begin
         * @return when the simulated device has it done
         */
        long run(long ready);
    }

    private record Entry(Command command, Event event, long queued) {}

    private final Health health;
    private final BlockingQueue<Entry> entries = new LinkedBlockingQueue<>();
    private final Thread thread;
    private long end = System.nanoTime();
    private volatile boolean closed;

    CommandQueue(Health health, String name) {
        this.health = health;
        thread = Thread.ofPlatform().name(name).daemon().unstarted(this::work);
    }

    /** Begins; not part of the constructor, whose fields the thread reads. */
    CommandQueue started() {
        thread.start();
        return this;
    }

    /** Queues a command. */
    Event submit(Command command) {
        health.requireWorking();
        Event event = new Event(health);
        entries.add(new Entry(command, event, System.nanoTime()));
        return event;
    }

    private void work() {
        while (!closed) {
            try {
                run(entries.take());
            } catch (InterruptedException e) {
                // Only close interrupts: the loop sees it.
            }
        }
        for (Entry entry = entries.poll(); entry != null; entry = entries.poll()) {
            entry.event.fail(new IllegalStateException("the device has been closed"));
        }
    }

    private void run(Entry entry) {
        try {
            health.requireWorking();
            end = entry.command.run(Math.max(end, entry.queued));
            entry.event.complete(end);
        } catch (DeviceFailure e) {
            health.fails(e);
            entry.event.fail(e);
        } catch (SluiceException e) {
            // Not the device's: a step that was queued behind one whose choice is no token, which the host is about to
            // see.
            entry.event.fail(e);
        } catch (RuntimeException e) {
            health.fails(e); // what comes after it would compute with garbage
            entry.event.fail(e);
        } catch (Error e) {
            RuntimeException failure = new IllegalStateException(e);
            health.fails(failure);
            entry.event.fail(failure);
        }
    }

    /** Waits for all that was queued so far; not if the device has failed. */
    void drain() {
        if (health.works()) {
            try {
                submit(ready -> ready).time();
            } catch (DeviceFailure e) {
                // Then nothing more will be done.
            }
        }
    }

    /** Ends the thread after the command that it is at. */
    void close() {
        closed = true;
        thread.interrupt();
        boolean interrupted = false;
        while (true) {
            try {
                thread.join();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
