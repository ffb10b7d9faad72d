package dev.sluice.opencl;

import java.util.List;
import java.util.Locale;

/** Where the OpenCL library usually is, by operating system. */
final class LibraryNames {
    private LibraryNames() {}

    /** File names (for the system's own search) and paths, in the order in which they are tried. */
    static List<String> candidates() {
        return candidates(System.getProperty("os.name"), System.getProperty("os.arch"));
    }

    static List<String> candidates(String systemName, String architecture) {
        String system = systemName.toLowerCase(Locale.ROOT);
        if (system.contains("mac")) {
            return List.of("/System/Library/Frameworks/OpenCL.framework/OpenCL");
        }
        if (system.contains("windows")) {
            return List.of("OpenCL.dll");
        }
        String triplet = architecture.equals("aarch64") ? "aarch64-linux-gnu" : "x86_64-linux-gnu";
        return List.of(
                "libOpenCL.so.1",
                "libOpenCL.so",
                "/usr/lib/" + triplet + "/libOpenCL.so.1",
                "/usr/lib64/libOpenCL.so.1",
                "/usr/lib/libOpenCL.so.1",
                "/usr/local/lib/libOpenCL.so.1",
                "/opt/rocm/lib/libOpenCL.so.1",
                "/usr/local/cuda/lib64/libOpenCL.so.1",
                "/opt/intel/oneapi/compiler/latest/lib/libOpenCL.so.1");
    }
}
