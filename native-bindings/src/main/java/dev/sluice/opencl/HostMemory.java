package dev.sluice.opencl;

import dev.sluice.system.PageMemory;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Host memory for copies that do not block. The FFM API keeps a segment alive only while a call is on the stack, but such
 * a copy goes on after the call. This memory knows the copies that use it: {@link #close()} waits for them, and nothing
 * else frees it, the garbage collector included. That is why {@link Queue#writeAsync} and {@link Queue#readAsync} take
 * it and no bare {@link MemorySegment}, whose arena its owner may close at any time. Buffers that {@linkplain
 * Context#newBuffer(HostMemory, long, long) lie in it} keep it likewise.
 *
 * <p>Thread-safe, apart from the contents: do not touch the part that a copy uses until the copy's event is complete.
 */
public final class HostMemory extends NativeHandle {
    private static final long PAGE = 4096;

    private final Runnable free;

    private final MemorySegment segment;
    /** Events of copies in flight, oldest first; each is held by a reference of its own. */
    private long[] inFlight = new long[2];

    private int copies;
    /** What a driver answers to the question whether a copy has ended. */
    private final MemorySegment answer = Arena.ofAuto().allocate(ValueLayout.JAVA_INT);
    /** Whose copies they are. */
    private @Nullable Context user;
    /** How many buffers lie here. */
    private int buffers;

    private boolean closed;

    private HostMemory(Runnable free, MemorySegment segment) {
        super(Kind.HOST_MEMORY, segment);
        this.free = free;
        this.segment = segment;
    }

    /** Zeroed memory, aligned to a page, which spares some implementations a copy. */
    public static HostMemory allocate(long bytes) {
        if (bytes <= 0) {
            throw new IllegalArgumentException("Host memory needs at least one byte, not " + bytes);
        }
        Arena arena = Arena.ofShared();
        try {
            return new HostMemory(arena::close, arena.allocate(bytes, PAGE));
        } catch (RuntimeException | OutOfMemoryError e) {
            arena.close();
            throw e;
        }
    }

    /** Zeroed memory in huge pages where the system grants them, which takes no room until it is written. */
    public static HostMemory allocateHuge(long bytes) {
        if (bytes <= 0) {
            throw new IllegalArgumentException("Host memory needs at least one byte, not " + bytes);
        }
        Arena arena = Arena.ofShared();
        try {
            return new HostMemory(arena::close, PageMemory.allocateHuge(arena, bytes));
        } catch (RuntimeException | OutOfMemoryError e) {
            arena.close();
            throw e;
        }
    }

    /**
     * Memory with undefined contents from which the device copies without the processor's help, where the driver has such
     * ("pinned"). Close it before the queue.
     *
     * @param queue of the device that copies
     * @throws ClException if the driver has no more of it
     */
    public static HostMemory pinned(Queue queue, long bytes) {
        Buffer buffer = queue.context().newBuffer(bytes, BufferFlag.HOST_ALLOCATED);
        try {
            Mapping mapping = queue.map(buffer, MapMode.OVERWRITE, 0, bytes);
            return new HostMemory(
                    () -> {
                        mapping.close();
                        buffer.close();
                    },
                    mapping.segment());
        } catch (RuntimeException e) {
            buffer.close();
            throw e;
        }
    }

    /**
     * A part of a file, mapped read-only, so that it goes to a device without a copy on the host.
     *
     * @throws IOException if it cannot be mapped
     * @throws IndexOutOfBoundsException if the file has no such part
     */
    public static HostMemory map(FileChannel file, long offset, long bytes) throws IOException {
        Bounds.check("The part", offset, bytes, "the file", file.size());
        Arena arena = Arena.ofShared();
        try {
            return new HostMemory(arena::close, file.map(FileChannel.MapMode.READ_ONLY, offset, bytes, arena));
        } catch (IOException | RuntimeException e) {
            arena.close();
            throw e;
        }
    }

    /** The memory; after {@link #close()} every access to it throws. */
    public MemorySegment segment() {
        requireOpen();
        return segment;
    }

    /** The size in bytes. */
    public long byteSize() {
        return segment.byteSize();
    }

    /** Takes note of a copy in flight, by its event. */
    synchronized void usedBy(Context context, long event) {
        user = context;
        int ended = 0;
        while (ended < copies && EventAddress.ended(inFlight[ended], answer)) {
            EventAddress.release(inFlight[ended++]);
        }
        copies -= ended;
        System.arraycopy(inFlight, ended, inFlight, 0, copies);
        if (copies == inFlight.length) {
            inFlight = Arrays.copyOf(inFlight, 2 * copies);
        }
        EventAddress.retain(event);
        inFlight[copies++] = event;
    }

    /** A driver that does not answer may still write here: closing it frees nothing. */
    synchronized void leaveTo(Context lost) {
        user = lost;
        close();
    }

    @Override
    synchronized @Nullable Context owner() {
        return user;
    }

    @Override
    synchronized void release(MemorySegment released) {
        Context context = user;
        for (int i = 0; context != null && i < copies; i++) {
            EventAddress.awaitEnd(context, inFlight[i], answer);
            EventAddress.release(inFlight[i]);
        }
        copies = 0;
        closed = true;
        freeUnlessHeld();
    }

    /** A buffer lies here from now on. */
    synchronized void hold(Context context) {
        requireOpen();
        user = context;
        buffers++;
    }

    /** A buffer that lay here is gone. */
    synchronized void letGo() {
        buffers--;
        freeUnlessHeld();
    }

    private void freeUnlessHeld() {
        if (closed && buffers == 0) {
            free.run();
        }
    }
}
