package dev.sluice;

import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;

/** One piece of work on a thread of its own, whose result or exception is fetched later. */
final class Background<T> {
    private final FutureTask<T> task;

    private Background(FutureTask<T> task) {
        this.task = task;
    }

    static <T> Background<T> start(String name, Callable<T> work) {
        FutureTask<T> task = new FutureTask<>(work);
        Thread.ofPlatform().name(name).daemon().start(task);
        return new Background<>(task);
    }

    /** Throws at once what the work has thrown, if it has. */
    void requireNotFailed() {
        if (task.state() == Future.State.FAILED) {
            throw rethrown(task.exceptionNow());
        }
    }

    /** Waits until the work has ended, well or badly. */
    void join() {
        boolean interrupted = false;
        while (true) {
            try {
                task.get();
            } catch (ExecutionException e) {
                // Not lost: await and requireNotFailed throw it.
            } catch (InterruptedException e) {
                interrupted = true;
                continue;
            }
            break;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** The result; throws what the work has thrown. */
    T await() {
        join();
        requireNotFailed();
        return task.resultNow();
    }

    private static RuntimeException rethrown(Throwable thrown) {
        if (thrown instanceof RuntimeException e) {
            return e;
        } else if (thrown instanceof Error e) {
            throw e;
        }
        return new IllegalStateException(thrown);
    }
}
