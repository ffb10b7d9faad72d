package dev.sluice.opencl;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Owns one native object. Closing twice is harmless; a release that fails is logged and never thrown, so that a close in
 * a finally block cannot hide the error that led there; use after close is an {@link IllegalStateException}.
 *
 * <p>Closing may happen on any thread, but not while another thread is inside a method of the same object.
 */
public abstract sealed class NativeHandle implements AutoCloseable
        permits Context, Queue, Program, Kernel, Buffer, Event, Mapping, HostMemory, CommandBuffer {
    private static final Logger LOG = LoggerFactory.getLogger(NativeHandle.class);

    private final Kind kind;
    private final MemorySegment handle;
    private final AtomicBoolean closed = new AtomicBoolean();

    /** What is counted by {@link LiveObjects}. */
    enum Kind {
        CONTEXT("context"),
        QUEUE("queue"),
        PROGRAM("program"),
        KERNEL("kernel"),
        BUFFER("buffer"),
        EVENT("event"),
        MAPPING("mapping"),
        HOST_MEMORY("host memory"),
        COMMAND_BUFFER("command buffer");

        final String words;

        Kind(String words) {
            this.words = words;
        }
    }

    NativeHandle(Kind kind, MemorySegment handle) {
        this.kind = kind;
        this.handle = handle;
        LiveObjects.of(kind).incrementAndGet();
    }

    /** The native handle. */
    final MemorySegment handle() {
        requireOpen();
        Context owner = owner();
        if (owner != null) {
            owner.requireAnswering();
        }
        return handle;
    }

    /** The context that it belongs to. */
    abstract @Nullable Context owner();

    final void requireOpen() {
        if (closed.get()) {
            throw new IllegalStateException("This OpenCL " + kind.words + " is closed");
        }
    }

    /** Whether {@link #close()} was called. */
    public final boolean isClosed() {
        return closed.get();
    }

    @Override
    public final void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        LiveObjects.of(kind).decrementAndGet();
        Context owner = owner();
        if (owner != null && owner.isLost()) {
            return; // the driver might not come back from the release, or go on using what it frees
        }
        try {
            release(handle);
        } catch (RuntimeException e) {
            LOG.warn("Could not release an OpenCL {}", kind.words, e);
        }
    }

    /** Gives the native object back; called once. */
    abstract void release(MemorySegment released);
}
