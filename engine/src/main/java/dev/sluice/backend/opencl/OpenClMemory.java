package dev.sluice.backend.opencl;

import dev.sluice.backend.DeviceMemory;
import dev.sluice.backend.ReadBack;
import dev.sluice.opencl.Buffer;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A buffer of a device. */
final class OpenClMemory implements DeviceMemory {
    private final OpenClDevice device;
    private final Buffer buffer;
    private final long bytes;
    private @Nullable SmallWrites small;

    OpenClMemory(OpenClDevice device, long bytes) {
        this.device = device;
        this.bytes = bytes;
        buffer = device.newBuffer(bytes, "activations");
    }

    boolean belongsTo(OpenClDevice owner) {
        return device == owner;
    }

    Buffer buffer() {
        if (buffer.isClosed()) {
            throw new IllegalStateException("the device memory has been closed");
        }
        return buffer;
    }

    @Override
    public long bytes() {
        return bytes;
    }

    @Override
    public void write(long offset, MemorySegment source) {
        Objects.checkFromIndexSize(offset, source.byteSize(), bytes);
        if (offset > 0 || source.byteSize() == 0 || source.byteSize() > SmallWrites.MOST) {
            device.write(buffer(), offset, source);
            return;
        }
        synchronized (device) {
            SmallWrites present = small;
            if (present == null) {
                present = new SmallWrites(buffer());
                small = present;
            }
            device.write(present, source);
        }
    }

    @Override
    public void read(long offset, MemorySegment target) {
        Objects.checkFromIndexSize(offset, target.byteSize(), bytes);
        device.read(buffer(), offset, target);
    }

    @Override
    public ReadBack readBack(long offset, long count) {
        Objects.checkFromIndexSize(offset, count, bytes);
        return new OpenClReadBack(device, this, offset, count);
    }

    @Override
    public void close() {
        device.settle();
        synchronized (device) {
            if (small != null) {
                small.close();
                small = null;
            }
        }
        device.free(buffer);
    }
}
