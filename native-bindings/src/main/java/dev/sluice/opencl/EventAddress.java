package dev.sluice.opencl;

import dev.sluice.opencl.ffi.CL;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** Events by their addresses, for copies that are begun for each token: a {@code MemorySegment} for each would be an object. */
final class EventAddress {
    private static final FunctionDescriptor OF_EVENT =
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG);
    private static final MethodHandle RETAIN =
            Linker.nativeLinker().downcallHandle(CL.clRetainEvent$address(), OF_EVENT);
    private static final MethodHandle RELEASE =
            Linker.nativeLinker().downcallHandle(CL.clReleaseEvent$address(), OF_EVENT);
    private static final MethodHandle INFO = Linker.nativeLinker()
            .downcallHandle(
                    CL.clGetEventInfo$address(),
                    FunctionDescriptor.of(
                            ValueLayout.JAVA_INT,
                            ValueLayout.JAVA_LONG,
                            ValueLayout.JAVA_INT,
                            ValueLayout.JAVA_LONG,
                            ValueLayout.ADDRESS,
                            ValueLayout.ADDRESS));

    private EventAddress() {}

    static void retain(long event) {
        int status;
        try {
            status = (int) RETAIN.invokeExact(event);
        } catch (Throwable e) {
            throw thrown(e);
        }
        Status.check(status, "clRetainEvent");
    }

    static void release(long event) {
        int status;
        try {
            status = (int) RELEASE.invokeExact(event);
        } catch (Throwable e) {
            throw thrown(e);
        }
        Status.check(status, "clReleaseEvent");
    }

    /**
     * Whether a command has ended, done or failed.
     *
     * @param answer 4 bytes that the driver writes to
     */
    static boolean ended(long event, MemorySegment answer) {
        int status;
        try {
            status = (int) INFO.invokeExact(
                    event, CL.CL_EVENT_COMMAND_EXECUTION_STATUS(), (long) Integer.BYTES, answer, MemorySegment.NULL);
        } catch (Throwable e) {
            throw thrown(e);
        }
        Status.check(status, "clGetEventInfo");
        return answer.get(ValueLayout.JAVA_INT, 0) <= CL.CL_COMPLETE();
    }

    /** Waits until a command has ended, well or not: whoever asks for its outcome learns it. See {@link #ended}. */
    static void awaitEnd(Context context, long event, MemorySegment answer) {
        if (ended(event, answer)) {
            return;
        }
        try {
            context.await(event);
        } catch (ClException e) {
            if (!ended(event, answer)) {
                throw e;
            }
        }
    }

    private static RuntimeException thrown(Throwable e) {
        if (e instanceof RuntimeException unchecked) {
            return unchecked;
        } else if (e instanceof Error error) {
            throw error;
        }
        throw new AssertionError("a native call throws nothing else", e);
    }
}
