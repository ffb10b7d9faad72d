package dev.sluice.backend.opencl;

import dev.sluice.backend.DeviceInfo;
import dev.sluice.opencl.Buffer;
import dev.sluice.opencl.Context;
import dev.sluice.opencl.DeviceType;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;

/**
 * The buffers of a device: those in the memory that is its own, of which it may have a limited part, and, where it computes from
 * the host's memory as well, those beyond. Not thread-safe: its device sees to that.
 */
final class Memories implements AutoCloseable {
    private final MemoryAccount own;
    private final MemoryAccount beyond;
    private final boolean onHost;
    private final boolean sharedWithHost;

    /**
     * Nothing taken.
     *
     * @param limit bytes of the device's own that may be taken; 0: all that there is
     */
    Memories(DeviceInfo info, dev.sluice.opencl.DeviceInfo hardware, Context context, long limit) {
        onHost = hardware.type() == DeviceType.CPU;
        own = new MemoryAccount(info, context, onHost, limit);
        beyond = new MemoryAccount(info, context, true, 0);
        sharedWithHost = onHost || hardware.hostUnifiedMemory();
    }

    /** Whether the device computes from the host's memory. */
    boolean sharedWithHost() {
        return sharedWithHost;
    }

    /** Whether it has no other memory than the host's: buffers may be written before it hears of them. */
    boolean onHost() {
        return onHost;
    }

    /** A buffer in the device's own memory; see {@link MemoryAccount#take}. */
    Buffer take(long bytes, String what) {
        return own.take(bytes, what);
    }

    /** A buffer in the host's memory, which the device's own is not charged for; see {@link MemoryAccount#take}. */
    Buffer takeBeyond(long bytes, String what) {
        return beyond.take(bytes, what);
    }

    /**
     * A buffer with contents of a device {@link #onHost on the host}; see {@link MemoryAccount#take}.
     *
     * @param charged whether it counts as the device's own
     */
    Buffer take(long bytes, String what, boolean charged, Consumer<MemorySegment> contents) {
        return (charged ? own : beyond).take(bytes, what, contents);
    }

    /** Gives a buffer back; one that is not there any more is left alone. */
    void free(Buffer buffer) {
        own.free(buffer);
        beyond.free(buffer);
    }

    /** Bytes of the device's own that may still be taken. */
    long available() {
        return own.available();
    }

    @Override
    public void close() {
        own.close();
        beyond.close();
    }
}
