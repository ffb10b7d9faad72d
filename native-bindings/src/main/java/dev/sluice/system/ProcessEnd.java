package dev.sluice.system;

import java.lang.foreign.MemorySegment;

/** What lies between the last line of Java and the end of the process. */
public final class ProcessEnd {
    private ProcessEnd() {}

    /**
     * Has the process end, when it does, before the C library runs destructors of native libraries and functions that these have
     * registered. For when a library's own threads may still be at work then: what they use would be taken from under them, and
     * the process would end by a signal. To be called late: what is registered afterwards is still run.
     *
     * <p>Does nothing where the C library has no {@code on_exit}.
     */
    public static void skipDestructors() {
        MemorySegment register = CLibrary.find("on_exit");
        MemorySegment end = CLibrary.find("_exit");
        if (register != null && end != null) {
            // The functions registered last are called first, with the exit code as the first argument.
            int _ = CLibrary.status(
                    register, end.address(), 0, 0, new int[1]); // a failure: no memory, and all goes on as before
        }
    }
}
