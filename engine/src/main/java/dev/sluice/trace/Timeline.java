package dev.sluice.trace;

import dev.sluice.error.SluiceException;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A recording of what this process does when, written to a file ({@link ChromeTrace}) while it goes on. Like a flight
 * recording of the JVM it concerns the whole process, and there is one at a time: whoever has something to tell calls
 * {@link #span} and need not know whether anybody listens.
 *
 * <p>Recording fills one of two buffers while a thread of its own writes the other: it allocates nothing, and waits for the
 * disk only where that is slower than what is recorded. The file is complete when the recording is closed, and at the
 * latest when the JVM ends, by Ctrl-C too.
 */
public final class Timeline implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Timeline.class);
    private static final AtomicReference<@Nullable Timeline> CURRENT = new AtomicReference<>();

    private final Path file;
    private final ChromeTrace trace;
    private final Thread writer;
    private final Thread atExit;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private SpanBuffer filling = new SpanBuffer();
    private SpanBuffer writing = new SpanBuffer();
    /** Whether {@link #writing} is the writer's. */
    private boolean handedOver;

    private boolean ending;
    private @Nullable IOException failure;

    private Timeline(Path file, ChromeTrace trace) {
        this.file = file;
        this.trace = trace;
        writer = Thread.ofPlatform().name("sluice-trace").daemon().unstarted(this::write);
        atExit = Thread.ofPlatform().name("sluice-trace-end").unstarted(this::endAtExit);
    }

    /**
     * Begins to record to a file, which is written over.
     *
     * @throws SluiceException if the file cannot be written
     * @throws IllegalStateException if there is a recording already
     */
    public static Timeline record(Path file) {
        if (on()) {
            throw new IllegalStateException("there is a timeline already: " + CURRENT.get());
        }
        Timeline timeline;
        try {
            OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 16);
            timeline = new Timeline(file, new ChromeTrace(out, System.nanoTime()));
        } catch (IOException e) {
            throw unwritable(file, e);
        }
        timeline.writer.start();
        Runtime.getRuntime().addShutdownHook(timeline.atExit);
        CURRENT.set(timeline);
        return timeline;
    }

    /** Whether spans are recorded. */
    public static boolean on() {
        return CURRENT.get() != null;
    }

    /**
     * Records a span, if spans are recorded.
     *
     * @param track where it belongs
     * @param name of what was done; a constant, or made once for many spans
     * @param start when it began, as {@link System#nanoTime} counts
     * @param end when it was done
     * @param first the first number that the kind has, 0 if it has none
     * @param second the second
     */
    public static void span(Track track, SpanKind kind, String name, long start, long end, long first, long second) {
        Timeline current = CURRENT.get();
        if (current != null) {
            current.add(track, kind, name, start, end, first, second);
        }
    }

    private void add(Track track, SpanKind kind, String name, long start, long end, long first, long second) {
        lock.lock();
        try {
            while (filling.full() && handedOver) {
                changed.awaitUninterruptibly();
            }
            if (ending) {
                return;
            }
            if (filling.full()) {
                handOver();
            }
            filling.add(track, kind, name, start, end, first, second);
        } finally {
            lock.unlock();
        }
    }

    private void handOver() {
        SpanBuffer empty = writing;
        writing = filling;
        filling = empty;
        handedOver = true;
        changed.signalAll();
    }

    /** What the writer does: one buffer after another until the end. */
    private void write() {
        while (awaitWork()) {
            if (failure == null) {
                try {
                    writing.<IOException>forEach(trace::write);
                } catch (IOException e) {
                    failure = e;
                }
            }
            writing.clear();
            give(false);
        }
        try {
            trace.close();
        } catch (IOException e) {
            failure = failure == null ? e : failure;
        }
    }

    /** Waits for a full buffer, or at the end takes what there is; false when all is written. */
    private boolean awaitWork() {
        lock.lock();
        try {
            while (!handedOver && !ending) {
                changed.awaitUninterruptibly();
            }
            if (!handedOver && !filling.isEmpty()) {
                handOver();
            }
            return handedOver;
        } finally {
            lock.unlock();
        }
    }

    /** Tells the other threads: a buffer is written, or that it ends. */
    private void give(boolean end) {
        lock.lock();
        try {
            if (end) {
                ending = true;
            } else {
                handedOver = false;
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void end() {
        CURRENT.compareAndSet(this, null);
        give(true);
        boolean interrupted = false;
        while (writer.isAlive()) {
            try {
                writer.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void endAtExit() {
        end();
        if (failure != null) {
            LOG.error(unwritable(file, failure).getMessage());
        }
    }

    private static SluiceException unwritable(Path file, IOException e) {
        String reason = switch (e) {
            case NoSuchFileException missing -> "there is no such folder";
            case AccessDeniedException denied -> "permission denied";
            case FileSystemException other when other.getReason() != null -> other.getReason();
            default -> String.valueOf(e.getMessage());
        };
        return new SluiceException(
                file + ": the timeline cannot be written there (" + reason
                        + "): name a file in a folder that you may write to, on a disk with room",
                e);
    }

    @Override
    public String toString() {
        return "timeline in " + file;
    }

    /**
     * Ends the recording and completes the file; twice without harm.
     *
     * @throws SluiceException if it could not be written
     */
    @Override
    public void close() {
        end();
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException e) {
            LOG.debug("the JVM is ending: the hook runs or ran", e);
        }
        if (failure != null) {
            throw unwritable(file, failure);
        }
    }
}
