package dev.sluice.backend.cpu;

import dev.sluice.backend.DeviceMemory;
import dev.sluice.error.SluiceException;
import java.lang.foreign.MemorySegment;

/** Activations, ids or logits: an array, which is what Java's vector code reads fastest. */
final class CpuMemory implements DeviceMemory, CpuDevice.Owned {
    private final CpuDevice device;
    private final long bytes;
    private float[] data;
    private MemorySegment whole;
    private MemorySegment view;
    private boolean closed;

    CpuMemory(CpuDevice device, long bytes) {
        if (bytes < 0) {
            throw new IllegalArgumentException(bytes + " bytes");
        }
        long floats = Math.ceilDiv(bytes, (long) Float.BYTES);
        if (floats > Integer.MAX_VALUE - 8) {
            throw new SluiceException("activations of " + bytes + " bytes are more than the CPU backend holds in one"
                    + " piece (8 GiB): use smaller batches");
        }
        this.device = device;
        this.bytes = bytes;
        data = new float[(int) floats];
        whole = MemorySegment.ofArray(data);
        view = whole.asSlice(0, bytes);
    }

    float[] data() {
        return data;
    }

    /** The array as a segment. */
    MemorySegment segment() {
        return whole;
    }

    boolean belongsTo(CpuDevice other) {
        return device == other;
    }

    boolean isClosed() {
        return closed;
    }

    @Override
    public long bytes() {
        return bytes;
    }

    @Override
    public void write(long offset, MemorySegment source) {
        device.lock();
        try {
            requireOpen();
            MemorySegment.copy(source, 0, view, offset, source.byteSize());
        } finally {
            device.unlock();
        }
    }

    @Override
    public void read(long offset, MemorySegment target) {
        device.lock();
        try {
            requireOpen();
            MemorySegment.copy(view, offset, target, 0, target.byteSize());
        } finally {
            device.unlock();
        }
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("the memory has been closed");
        }
    }

    @Override
    public void close() {
        device.exclusively(() -> {
            closed = true;
            data = new float[0];
            whole = MemorySegment.ofArray(data);
            view = whole;
            device.forget(this);
        });
    }
}
