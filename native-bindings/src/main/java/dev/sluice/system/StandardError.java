package dev.sluice.system;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/**
 * Standard error given back to the process. While a JVM starts it warns of every incubator module, and no flag stops it;
 * so the launcher starts it with standard error going through a filter and the real one at another descriptor.
 */
public final class StandardError {
    private static final int STANDARD_ERROR = 2;

    private StandardError() {}

    /**
     * Makes standard error, for Java and native code alike, what {@code descriptor} is.
     *
     * @param descriptor an open file descriptor; if it is none, standard error stays as it is
     */
    @SuppressWarnings("restricted") // this module is the one that makes native calls
    public static void restore(int descriptor) {
        Linker linker = Linker.nativeLinker();
        Optional<MemorySegment> function = linker.defaultLookup().find("dup2");
        if (function.isEmpty()) {
            return;
        }
        MethodHandle dup2 = linker.downcallHandle(
                function.get(),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
        try {
            // A failure leaves the filter in place, which passes everything on: nothing is lost.
            int _ = (int) dup2.invokeExact(descriptor, STANDARD_ERROR);
        } catch (Throwable e) {
            throw new AssertionError("dup2 cannot throw", e);
        }
    }
}
