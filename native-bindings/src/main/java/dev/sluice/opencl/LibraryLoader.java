package dev.sluice.opencl;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Finds the OpenCL library and opens it so that the generated bindings, which look up their functions among the libraries
 * of their class loader, find it. Until that has succeeded no class of {@code dev.sluice.opencl.ffi} may be touched: its
 * holders resolve their function when first used and would fail to initialise.
 */
final class LibraryLoader {
    private static final String USUAL_REMEDY =
            "Install the driver of your GPU, or run scripts/install-opencl-cpu for an OpenCL runtime on the CPU; or set "
                    + OpenCl.LIBRARY_VARIABLE + " to the path of the OpenCL library";

    /** What every OpenCL 1.2 library has and the facade cannot do without. */
    private static final List<String> REQUIRED = List.of(
            "clGetPlatformIDs",
            "clGetPlatformInfo",
            "clGetDeviceIDs",
            "clGetDeviceInfo",
            "clCreateContext",
            "clReleaseContext",
            "clCreateCommandQueue",
            "clReleaseCommandQueue",
            "clFlush",
            "clFinish",
            "clCreateProgramWithSource",
            "clCreateProgramWithBinary",
            "clBuildProgram",
            "clGetProgramInfo",
            "clGetProgramBuildInfo",
            "clReleaseProgram",
            "clCreateKernel",
            "clSetKernelArg",
            "clGetKernelInfo",
            "clGetKernelArgInfo",
            "clGetKernelWorkGroupInfo",
            "clReleaseKernel",
            "clCreateBuffer",
            "clCreateSubBuffer",
            "clReleaseMemObject",
            "clEnqueueReadBuffer",
            "clEnqueueWriteBuffer",
            "clEnqueueCopyBuffer",
            "clEnqueueFillBuffer",
            "clEnqueueMapBuffer",
            "clEnqueueUnmapMemObject",
            "clEnqueueNDRangeKernel",
            "clEnqueueMarkerWithWaitList",
            "clEnqueueBarrierWithWaitList",
            "clWaitForEvents",
            "clGetEventInfo",
            "clGetEventProfilingInfo",
            "clRetainEvent",
            "clReleaseEvent");

    private LibraryLoader() {}

    /** Whether the opened library has a function that came after OpenCL 1.2. */
    static boolean has(String function) {
        return SymbolLookup.loaderLookup().find(function).isPresent();
    }

    /** The outcome, found once per process. */
    static OpenCl loaded() {
        return Once.OUTCOME;
    }

    private static final class Once {
        static final OpenCl OUTCOME = SignalGuard.keep(LibraryLoader::load);
    }

    private static OpenCl load() {
        for (String source : List.of(OpenCl.LIBRARY_VARIABLE, OpenCl.LIBRARY_PROPERTY)) {
            String named = source.equals(OpenCl.LIBRARY_VARIABLE) ? System.getenv(source) : System.getProperty(source);
            if (named != null && !named.isBlank()) {
                Attempt attempt = open(named);
                return attempt.library() != null
                        ? new OpenCl.Available(attempt.library())
                        : new OpenCl.Unavailable(
                                source + " names " + named + ", and " + attempt.problem(),
                                "Set " + source
                                        + " to the path of an OpenCL library, or unset it to have the usual places searched");
            }
        }
        List<String> candidates = LibraryNames.candidates();
        List<String> problems = new ArrayList<>();
        for (String candidate : candidates) {
            Attempt attempt = open(candidate);
            if (attempt.library() != null) {
                return new OpenCl.Available(attempt.library());
            }
            if (attempt.present()) {
                problems.add(candidate + ": " + attempt.problem());
            }
        }
        String reason = problems.isEmpty()
                ? "No OpenCL library was found (looked for " + String.join(", ", candidates) + ")"
                : "No usable OpenCL library was found (" + String.join("; ", problems) + ")";
        return new OpenCl.Unavailable(reason, USUAL_REMEDY);
    }

    /** The outcome of opening one candidate: the file that was opened, or the problem and whether the file exists. */
    private record Attempt(@Nullable String library, String problem, boolean present) {
        static Attempt failed(String problem, boolean present) {
            return new Attempt(null, problem, present);
        }
    }

    private static Attempt open(String candidate) {
        SymbolLookup symbols;
        try {
            // Never unloaded: drivers start threads and do not survive it.
            symbols = SymbolLookup.libraryLookup(candidate, Arena.global());
        } catch (IllegalArgumentException e) {
            boolean present = isPath(candidate) && Files.exists(Path.of(candidate));
            return Attempt.failed(
                    present ? "it cannot be loaded" + loadError(candidate) : "there is no such library", present);
        }
        for (String function : REQUIRED) {
            if (symbols.find(function).isEmpty()) {
                return Attempt.failed(
                        "it does not export " + function
                                + ", so it is not an OpenCL library (an implementation without its own entry points"
                                + " needs an ICD loader, libOpenCL, in front of it)",
                        true);
            }
        }
        Optional<String> file;
        try {
            file = fileOf(candidate, symbols.find(REQUIRED.getFirst()));
        } catch (IOException e) {
            return Attempt.failed(
                    "its path could not be determined (" + e.getMessage() + "): give the full path", true);
        }
        if (file.isEmpty()) {
            return Attempt.failed("its path could not be determined: give the full path", true);
        }
        try {
            System.load(file.get());
        } catch (UnsatisfiedLinkError e) {
            return Attempt.failed("it cannot be loaded: " + e.getMessage(), true);
        }
        return new Attempt(file.get(), "", true);
    }

    /** The linker's own words, which libraryLookup does not tell. */
    private static String loadError(String path) {
        try {
            System.load(Path.of(path).toAbsolutePath().toString());
            return "";
        } catch (UnsatisfiedLinkError e) {
            return ": " + e.getMessage();
        }
    }

    private static boolean isPath(String candidate) {
        return candidate.indexOf('/') >= 0 || candidate.indexOf('\\') >= 0;
    }

    /** The absolute path of an opened library, which System.load needs. */
    private static Optional<String> fileOf(String candidate, Optional<MemorySegment> function) throws IOException {
        if (isPath(candidate)) {
            return Optional.of(Path.of(candidate).toAbsolutePath().toString());
        }
        String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        if (system.contains("windows")) {
            String root = System.getenv("SystemRoot");
            Path file = Path.of(root == null ? "C:\\Windows" : root, "System32", candidate);
            return Files.exists(file) ? Optional.of(file.toString()) : Optional.empty();
        }
        return function.isPresent() ? mappedFile(function.get().address()) : Optional.empty();
    }

    /** The file that is mapped at an address of this process (Linux). */
    private static Optional<String> mappedFile(long address) throws IOException {
        Path maps = Path.of("/proc/self/maps");
        if (!Files.isReadable(maps)) {
            return Optional.empty();
        }
        for (String line : Files.readAllLines(maps)) {
            // 7f12a000-7f12b000 r-xp 00000000 08:01 1234   /usr/lib/libOpenCL.so.1
            int dash = line.indexOf('-');
            int space = line.indexOf(' ');
            int slash = line.indexOf('/');
            if (dash > 0 && space > dash && slash > space) {
                long start = Long.parseUnsignedLong(line, 0, dash, 16);
                long end = Long.parseUnsignedLong(line, dash + 1, space, 16);
                if (address >= start && address < end) {
                    return Optional.of(line.substring(slash));
                }
            }
        }
        return Optional.empty();
    }
}
