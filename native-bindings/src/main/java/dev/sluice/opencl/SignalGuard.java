package dev.sluice.opencl;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Keeps the JVM's signal handlers. OpenCL runtimes for the CPU contain a compiler that takes over SIGSEGV, SIGFPE and
 * others when it is set up (PoCL when its devices are listed, Intel's when a context is made). The JVM needs these
 * signals: a null check or a safepoint poll in compiled code is a SIGSEGV, a division by zero a SIGFPE. In foreign hands
 * the first ends the process and the second goes unnoticed.
 *
 * <p>So every call that may set up a runtime goes through {@link #keep}, which puts back the handlers that were there
 * before. A fault on another thread during such a call still meets the foreign handler; preloading the JDK's
 * {@code libjsig} closes that gap as well.
 */
final class SignalGuard {
    /** More than any system's {@code struct sigaction}, which is handed back as it came. */
    private static final long ACTION_BYTES = 512;

    private static final int SIGNALS = 32;

    private static final Object LOCK = new Object();
    private static final Optional<MethodHandle> SIGACTION = sigaction();
    private static final MemorySegment BEFORE = Arena.global().allocate(SIGNALS * ACTION_BYTES, Long.BYTES);
    private static final boolean[] KNOWN = new boolean[SIGNALS];
    private static int inside;

    private SignalGuard() {}

    /** Makes a call that may replace signal handlers, then puts them back. */
    static <T> T keep(Supplier<T> call) {
        if (SIGACTION.isEmpty()) {
            return call.get();
        }
        enter(SIGACTION.get());
        try {
            return call.get();
        } finally {
            exit(SIGACTION.get());
        }
    }

    /** The first thread in finds the handlers untouched; those that join it may not. */
    private static void enter(MethodHandle sigaction) {
        synchronized (LOCK) {
            if (inside == 0) {
                for (int signal = 1; signal < SIGNALS; signal++) {
                    KNOWN[signal] = call(sigaction, signal, MemorySegment.NULL, slot(signal)) == 0;
                }
            }
            inside++;
        }
    }

    private static void exit(MethodHandle sigaction) {
        synchronized (LOCK) {
            inside--;
            for (int signal = 1; signal < SIGNALS; signal++) {
                // Signals that nobody can handle (SIGKILL, SIGSTOP) are left out from then on.
                if (KNOWN[signal]) {
                    KNOWN[signal] = call(sigaction, signal, slot(signal), MemorySegment.NULL) == 0;
                }
            }
        }
    }

    private static MemorySegment slot(int signal) {
        return BEFORE.asSlice(signal * ACTION_BYTES, ACTION_BYTES);
    }

    private static int call(MethodHandle sigaction, int signal, MemorySegment action, MemorySegment old) {
        try {
            return (int) sigaction.invokeExact(signal, action, old);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError("sigaction throws nothing", e);
        }
    }

    /** The C library's function; none on Windows, whose runtimes do not take over signals. */
    private static Optional<MethodHandle> sigaction() {
        SymbolLookup library = Linker.nativeLinker().defaultLookup();
        return library.find("sigaction")
                .map(address -> Linker.nativeLinker()
                        .downcallHandle(
                                address,
                                FunctionDescriptor.of(
                                        ValueLayout.JAVA_INT,
                                        ValueLayout.JAVA_INT,
                                        ValueLayout.ADDRESS,
                                        ValueLayout.ADDRESS)));
    }
}
