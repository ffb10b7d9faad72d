package dev.sluice.opencl;

import dev.sluice.system.ProcessEnd;

/**
 * Knows whether a driver is compiling when the process ends. Intel's compiler, for one, has threads of its own, which the process's
 * end does not wait for: with its destructors run it ends by {@code abort} ("Pure virtual function called") in place of the exit code.
 */
final class Builds {
    private static int running;
    private static boolean ending;

    static {
        try {
            Runtime.getRuntime().addShutdownHook(new Thread(Builds::end, "opencl-builds"));
        } catch (IllegalStateException e) {
            ending = true; // the process is ending already
        }
    }

    private Builds() {}

    /** A driver begins to compile. */
    static synchronized void begin() {
        running++;
        if (ending) {
            ProcessEnd.skipDestructors();
        }
    }

    /** A driver has compiled. */
    static synchronized void done() {
        running--;
    }

    private static synchronized void end() {
        ending = true;
        if (running > 0) {
            ProcessEnd.skipDestructors();
        }
    }
}
