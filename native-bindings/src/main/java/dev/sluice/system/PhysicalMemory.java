package dev.sluice.system;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The memory of the machine, or what this process is limited to. */
public final class PhysicalMemory {
    /** Part of all memory that is left to Java's heap, which still grows, and to the system: the kernel kills who takes the last. */
    private static final int RESERVE = 16;

    private PhysicalMemory() {}

    /** Bytes of physical memory. */
    public static long total() {
        return system().map(com.sun.management.OperatingSystemMXBean::getTotalMemorySize)
                .orElseGet(() -> Runtime.getRuntime().maxMemory());
    }

    /** Bytes that may well be taken still: free memory and the caches that the system would give up, but for a reserve. */
    public static long available() {
        long machine = field("MemTotal:");
        if (machine == 0) {
            return system().map(com.sun.management.OperatingSystemMXBean::getFreeMemorySize)
                    .orElseGet(() -> Runtime.getRuntime().freeMemory());
        }
        long available = field("MemAvailable:");
        long total = total();
        // What a container counts as taken includes caches, which it gives up as well; this process is what stays.
        long free = total < machine
                ? Math.min(available, total - ResidentMemory.unreclaimable().orElse(0))
                : available;
        return Math.max(0, free - total / RESERVE);
    }

    private static long field(String key) {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/meminfo"))) {
                if (line.startsWith(key)) {
                    return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
                }
            }
        } catch (IOException e) {
            return 0; // not a Linux system
        }
        return 0;
    }

    private static Optional<com.sun.management.OperatingSystemMXBean> system() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean bean
                ? Optional.of(bean)
                : Optional.empty();
    }
}
