package dev.sluice.bench;

import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;
import org.jspecify.annotations.Nullable;

/** How long the JVM's compilers have worked so far, all their threads together. */
final class JitClock {
    private static final @Nullable CompilationMXBean JIT = ManagementFactory.getCompilationMXBean();

    private JitClock() {}

    /** Nanoseconds, in steps of a millisecond; 0 in a JVM that only interprets or does not tell. */
    static long nanos() {
        return JIT != null && JIT.isCompilationTimeMonitoringSupported()
                ? JIT.getTotalCompilationTime() * 1_000_000
                : 0;
    }
}
