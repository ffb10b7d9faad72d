package dev.sluice.opencl.ffi;

import java.lang.foreign.AddressLayout;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.util.Arrays;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The C types of the generated classes beside this one: the only class in this package that is written by hand.
 *
 * <p>jextract would generate it too, with the size of a C {@code long} of the machine it ran on (8 bytes on Linux and
 * macOS, 4 on Windows). OpenCL has no plain {@code long} in its interface: what jextract sees as one is {@code size_t},
 * {@code cl_ulong} or {@code intptr_t}, 64 bits wide on every 64-bit platform.
 */
class ClLayouts {

    public static final ValueLayout.OfByte C_CHAR = ValueLayout.JAVA_BYTE;
    public static final ValueLayout.OfShort C_SHORT = ValueLayout.JAVA_SHORT;
    public static final ValueLayout.OfInt C_INT = ValueLayout.JAVA_INT;
    public static final ValueLayout.OfLong C_LONG = ValueLayout.JAVA_LONG;
    public static final ValueLayout.OfLong C_LONG_LONG = ValueLayout.JAVA_LONG;
    public static final AddressLayout C_POINTER =
            ValueLayout.ADDRESS.withTargetLayout(MemoryLayout.sequenceLayout(Long.MAX_VALUE, C_CHAR));

    /** Whether every call is logged, at trace level: set the system property {@code sluice.opencl.trace}. */
    static final boolean TRACE_DOWNCALLS = Boolean.getBoolean("sluice.opencl.trace");

    private static final Logger LOG = LoggerFactory.getLogger("dev.sluice.opencl.calls");

    ClLayouts() {}

    static void traceDowncall(String name, Object... arguments) {
        LOG.trace("{}{}", name, Arrays.toString(arguments));
    }

    static MethodHandle upcallHandle(Class<?> functionalInterface, String name, FunctionDescriptor descriptor) {
        try {
            return MethodHandles.lookup().findVirtual(functionalInterface, name, descriptor.toMethodType());
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }
}
