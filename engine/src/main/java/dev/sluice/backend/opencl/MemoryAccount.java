package dev.sluice.backend.opencl;

import dev.sluice.backend.DeviceInfo;
import dev.sluice.error.DeviceFailure;
import dev.sluice.error.SluiceException;
import dev.sluice.opencl.Buffer;
import dev.sluice.opencl.BufferFlag;
import dev.sluice.opencl.ClException;
import dev.sluice.opencl.Context;
import java.lang.foreign.MemorySegment;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Every buffer of a device, counted against what the device has. Not thread-safe: its device sees to that. */
final class MemoryAccount implements AutoCloseable {
    private final DeviceInfo info;
    private final Context context;
    private final boolean onHost;
    private final long most;
    private final HostSlabs slabs;
    private final Set<Buffer> buffers = new HashSet<>();
    private long taken;

    /**
     * An account with nothing taken.
     *
     * @param onHost whether the device computes in the host's memory
     * @param limit bytes that may be taken; 0: all that there is
     */
    MemoryAccount(DeviceInfo info, Context context, boolean onHost, long limit) {
        most = limit == 0 ? info.memoryBytes() : Math.min(limit, info.memoryBytes());
        this.info = info;
        this.context = context;
        this.onHost = onHost;
        slabs = new HostSlabs(context);
    }

    /**
     * A new buffer.
     *
     * @param what is to be held, for the message
     * @throws SluiceException with the numbers if it does not fit
     */
    Buffer take(long bytes, String what) {
        return take(
                bytes,
                what,
                () -> onHost ? context.newBuffer(bytes, BufferFlag.HOST_ALLOCATED) : context.newBuffer(bytes));
    }

    /**
     * A new buffer with contents, if the device computes in the host's memory.
     *
     * @param what is to be held, for the message
     * @param contents writes all of it
     * @throws SluiceException with the numbers if it does not fit
     */
    Buffer take(long bytes, String what, Consumer<MemorySegment> contents) {
        return take(bytes, what, () -> slabs.newBuffer(bytes, contents));
    }

    private Buffer take(long bytes, String what, Supplier<Buffer> make) {
        if (bytes > info.maxAllocationBytes()) {
            throw new SluiceException(device() + " holds at most " + megabytes(info.maxAllocationBytes())
                    + " in one piece, but " + what + " takes " + megabytes(bytes)
                    + ": choose a smaller weight format or context (--ctx), or another device");
        }
        if (bytes > available()) {
            String limited = most < info.memoryBytes() ? " may take " : " has ";
            throw new SluiceException(device() + limited + megabytes(most) + ", of which "
                    + megabytes(taken) + " are taken, so there is no room for the " + megabytes(bytes) + " of " + what
                    + ": choose a smaller model, weight format or context (--ctx), or another device");
        }
        Buffer buffer;
        try {
            buffer = make.get();
        } catch (ClException | OutOfMemoryError e) {
            throw new DeviceFailure(
                    info.id(),
                    DeviceFailure.Phase.ALLOCATE,
                    device() + " refuses " + megabytes(bytes) + " for " + what + " beside the " + megabytes(taken)
                            + " already taken: " + e.getMessage()
                            + ". Close other programs that use it, or choose a smaller model or context (--ctx)",
                    e);
        }
        buffers.add(buffer);
        taken += bytes;
        return buffer;
    }

    /** Gives a buffer back; one that is not there any more is left alone. */
    void free(Buffer buffer) {
        if (buffers.remove(buffer)) {
            taken -= buffer.byteSize();
            buffer.close();
        }
    }

    /** Bytes that may still be taken. */
    long available() {
        return Math.max(0, most - taken);
    }

    private String device() {
        return info.id() + " (" + info.name() + ")";
    }

    private static String megabytes(long bytes) {
        return String.format(Locale.ROOT, "%.1f MiB", bytes / (1024.0 * 1024.0));
    }

    @Override
    public void close() {
        List.copyOf(buffers).forEach(this::free);
        slabs.close();
    }
}
