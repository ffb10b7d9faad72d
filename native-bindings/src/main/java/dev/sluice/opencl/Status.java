package dev.sluice.opencl;

import dev.sluice.opencl.ffi.CL;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The one place where OpenCL's status codes are checked. */
final class Status {
    private Status() {}

    /** Returns if the code is CL_SUCCESS. */
    static void check(int code, String call) {
        if (code != 0) {
            throw new ClException(call, code);
        }
    }

    /** A call that creates an object and reports its status through a pointer, OpenCL's {@code errcode_ret}. */
    @FunctionalInterface
    interface Creation {
        MemorySegment create(MemorySegment status);
    }

    /** Makes the call and returns the new object's handle, never null. */
    static MemorySegment create(String call, Creation creation) {
        return create(call, "", creation);
    }

    /** The same with a few words for the error, such as the number of bytes asked for. */
    static MemorySegment create(String call, String detail, Creation creation) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment status = arena.allocate(CL.C_INT);
            MemorySegment handle = creation.create(status);
            int code = status.get(ValueLayout.JAVA_INT, 0);
            if (code != 0) {
                throw new ClException(call, code, detail);
            }
            return handle;
        }
    }
}
