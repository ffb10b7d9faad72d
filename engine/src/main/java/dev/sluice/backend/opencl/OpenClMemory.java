package dev.sluice.backend.opencl;

import dev.sluice.backend.DeviceMemory;
import dev.sluice.backend.ReadBack;
import dev.sluice.opencl.Buffer;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/** A buffer of a device. */
final class OpenClMemory implements DeviceMemory {
    private final OpenClDevice device;
    private final Buffer buffer;
    private final long bytes;

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
        device.write(buffer(), offset, source);
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
        device.free(buffer);
    }
}
