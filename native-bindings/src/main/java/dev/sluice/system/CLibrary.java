package dev.sluice.system;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Functions of the C library that take addresses and whole numbers, called in one way: linking each with types of its own
 * costs a start several milliseconds a function. On the systems that have these functions arguments are passed in
 * registers, a narrower parameter reads a part of its register, and those that a function does not have are ignored.
 */
final class CLibrary {
    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    private static final MethodHandle CALL = Linker.nativeLinker()
            .downcallHandle(
                    FunctionDescriptor.of(
                            ValueLayout.JAVA_LONG,
                            ValueLayout.JAVA_LONG,
                            ValueLayout.JAVA_LONG,
                            ValueLayout.JAVA_LONG,
                            ValueLayout.JAVA_LONG,
                            ValueLayout.JAVA_LONG,
                            ValueLayout.JAVA_LONG),
                    Linker.Option.captureCallState("errno"));

    private CLibrary() {}

    /** A function by its name, or null where there is none. */
    static @Nullable MemorySegment find(String name) {
        return Linker.nativeLinker().defaultLookup().find(name).orElse(null);
    }

    /** The flag of {@code mmap} for memory that is no file's, which differs among systems, or 0 where it is not known. */
    static int anonymous() {
        String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        return system.contains("linux") ? 0x20 : system.contains("mac") ? 0x1000 : 0;
    }

    /** Calls a function that returns an address. */
    static long address(MemorySegment function, long a, long b, long c, long d, long e, long f, int[] error) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            long result = (long) CALL.invokeExact(function, state, a, b, c, d, e, f);
            error[0] = (int) ERRNO.get(state, 0L);
            return result;
        } catch (RuntimeException | Error x) {
            throw x;
        } catch (Throwable x) {
            throw new AssertionError("C throws nothing", x);
        }
    }

    /** Calls a function that returns an {@code int}. */
    static int status(MemorySegment function, long a, long b, long c, int[] error) {
        return (int) address(function, a, b, c, 0, 0, 0, error);
    }
}
