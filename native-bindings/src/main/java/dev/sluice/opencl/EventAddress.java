package dev.sluice.opencl;

import dev.sluice.opencl.ffi.CL;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** Events by their addresses, for copies that are begun for each token: a {@code MemorySegment} for each would be an object. */
final class EventAddress {
    private static final MethodHandle RELEASE = Linker.nativeLinker()
            .downcallHandle(
                    CL.clReleaseEvent$address(), FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG));

    private EventAddress() {}

    static void release(long address) {
        int status;
        try {
            status = (int) RELEASE.invokeExact(address);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError("a native call throws nothing else", e);
        }
        Status.check(status, "clReleaseEvent");
    }
}
