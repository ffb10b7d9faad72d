package dev.sluice.opencl;

import dev.sluice.opencl.ffi.CL;
import dev.sluice.opencl.ffi.cl_buffer_region;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Device memory, or a part of it. A {@link Queue} reads, writes, copies, fills and maps it. Thread-safe; the contents
 * are as safe as the commands that use them are ordered.
 */
public final class Buffer extends NativeHandle {
    private final Context context;
    private final long byteSize;
    /** Where its contents lie, if that is not for the driver to decide. */
    private final @Nullable HostMemory memory;

    private Buffer(Context context, long byteSize, @Nullable HostMemory memory, MemorySegment handle) {
        super(Kind.BUFFER, handle);
        this.context = context;
        this.byteSize = byteSize;
        this.memory = memory;
        if (memory != null) {
            memory.hold(context);
        }
    }

    static Buffer create(Context context, long bytes, BufferFlag... flags) {
        return new Buffer(context, bytes, null, create(context, bytes, BufferFlag.bits(flags), MemorySegment.NULL));
    }

    static Buffer over(Context context, HostMemory memory, long offset, long bytes) {
        Bounds.check("The buffer", offset, bytes, "the host memory", memory.byteSize());
        MemorySegment part = memory.segment().asSlice(offset, bytes);
        return new Buffer(
                context,
                bytes,
                memory,
                create(context, bytes, CL.CL_MEM_READ_WRITE() | CL.CL_MEM_USE_HOST_PTR(), part));
    }

    private static MemorySegment create(Context context, long bytes, long flags, MemorySegment contents) {
        if (bytes <= 0) {
            throw new IllegalArgumentException("A buffer needs at least one byte, not " + bytes);
        }
        return Status.create(
                "clCreateBuffer",
                bytes + " bytes",
                status -> CL.clCreateBuffer(context.handle(), flags, bytes, contents, status));
    }

    /** The size in bytes. */
    public long byteSize() {
        return byteSize;
    }

    /** Whether it lies in {@link HostMemory}, which is freed with it. */
    public boolean isOnHost() {
        return memory != null;
    }

    /** The context that the buffer belongs to. */
    public Context context() {
        return context;
    }

    /**
     * A view of a part of this buffer, with the same use. It stays valid when this buffer is closed.
     *
     * @param offset in bytes, a multiple of {@link DeviceInfo#baseAddressAlignment()} of the devices that use it
     * @param bytes the part's size, more than 0
     * @throws IndexOutOfBoundsException if it does not lie inside this buffer
     * @throws ClException if this is itself a part, or the offset is not aligned for any device
     */
    public Buffer slice(long offset, long bytes) {
        Bounds.check("The slice", offset, bytes, "the buffer", byteSize);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment region = cl_buffer_region.allocate(arena);
            cl_buffer_region.origin(region, offset);
            cl_buffer_region.size(region, bytes);
            MemorySegment handle = Status.create(
                    "clCreateSubBuffer",
                    bytes + " bytes at offset " + offset,
                    status -> CL.clCreateSubBuffer(handle(), 0, CL.CL_BUFFER_CREATE_TYPE_REGION(), region, status));
            return new Buffer(context, bytes, memory, handle);
        }
    }

    @Override
    Context owner() {
        return context;
    }

    @Override
    void release(MemorySegment released) {
        Status.check(CL.clReleaseMemObject(released), "clReleaseMemObject");
        if (memory != null) {
            memory.letGo();
        }
    }
}
