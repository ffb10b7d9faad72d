package dev.sluice.backend.cpu;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What the operating system tells of the processor and the memory. */
final class CpuFacts {
    private static final Set<String> TELLING = Set.of(
            "sse4_2",
            "avx",
            "fma",
            "f16c",
            "avx2",
            "avx_vnni",
            "avx512f",
            "avx512_vnni",
            "avx512_bf16",
            "avx512_fp16",
            "amx_int8",
            "amx_bf16",
            "asimd",
            "asimddp",
            "asimdhp",
            "i8mm",
            "bf16",
            "sve",
            "sve2");

    private CpuFacts() {}

    /** The processor's own name, or the architecture where the system does not tell. */
    static String name() {
        return cpuField("model name").orElseGet(() -> System.getProperty("os.arch", "CPU"));
    }

    /** The instruction sets that matter to us, in the order in which the system lists them. */
    static String flags() {
        return cpuField("flags")
                .or(() -> cpuField("Features"))
                .map(all -> Stream.of(all.split("\\s+", -1))
                        .filter(TELLING::contains)
                        .collect(Collectors.joining(" ")))
                .orElse("");
    }

    /** One thread per physical core, as far as it is known, and never more than the process may use. */
    static int defaultThreads() {
        int available = Runtime.getRuntime().availableProcessors();
        Set<String> cores = new HashSet<>();
        String socket = "";
        for (String line : CpuInfo.LINES) {
            if (line.startsWith("physical id")) {
                socket = line;
            } else if (line.startsWith("core id")) {
                cores.add(socket + line);
            }
        }
        return cores.isEmpty() ? available : Math.min(cores.size(), available);
    }

    private static Optional<String> cpuField(String key) {
        for (String line : CpuInfo.LINES) {
            int colon = line.indexOf(':');
            if (colon > 0 && line.substring(0, colon).strip().equals(key)) {
                return Optional.of(line.substring(colon + 1).strip());
            }
        }
        return Optional.empty();
    }

    /** Read once: on a machine of many processors the system takes long to write it. */
    private static final class CpuInfo {
        static final List<String> LINES = lines("/proc/cpuinfo");
    }

    private static List<String> lines(String file) {
        try {
            return Files.readAllLines(Path.of(file));
        } catch (IOException e) {
            return List.of(); // not a Linux system: the callers have other sources
        }
    }
}
