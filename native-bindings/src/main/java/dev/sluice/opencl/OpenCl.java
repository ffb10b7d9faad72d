package dev.sluice.opencl;

import java.util.ArrayList;
import java.util.List;

/**
 * OpenCL on this machine: there, or not there with the reason.
 *
 * <pre>{@code
 * switch (OpenCl.load()) {
 *     case OpenCl.Available opencl -> opencl.devices().forEach(device -> System.out.println(device.info().name()));
 *     case OpenCl.Unavailable none -> System.out.println(none.reason() + ". " + none.remedy());
 * }
 * }</pre>
 *
 * <p>All other classes of this package come from an {@link Available}, so none of them is reached without a library.
 */
public sealed interface OpenCl {

    /** The environment variable (and, in lower case with dots, the system property) that names the library. */
    String LIBRARY_VARIABLE = "SLUICE_OPENCL_LIBRARY";

    /** The system property that names the library; {@link #LIBRARY_VARIABLE} comes first. */
    String LIBRARY_PROPERTY = "sluice.opencl.library";

    /**
     * Looks for the OpenCL library and opens it, once per process: in {@value #LIBRARY_VARIABLE}, then the system
     * property {@value #LIBRARY_PROPERTY} (each a path or a file name; if set, nothing else is tried), then under the
     * usual names of the operating system. Both an ICD loader (libOpenCL) and one vendor's implementation will do.
     */
    static OpenCl load() {
        return LibraryLoader.loaded();
    }

    /**
     * A library with OpenCL in it; it may still know no platform or no device.
     *
     * @param library the file that was opened
     */
    record Available(String library) implements OpenCl {

        /**
         * The platforms of this machine; empty where the loader knows none.
         *
         * @throws ClException if the library fails
         */
        public List<Platform> platforms() {
            return SignalGuard.keep(Platform::all);
        }

        /**
         * The devices of all platforms, in the order of the platforms; those that report themselves unavailable are
         * left out.
         *
         * @throws ClException if the library fails
         */
        public List<Device> devices() {
            List<Device> devices = new ArrayList<>();
            for (Platform platform : platforms()) {
                devices.addAll(platform.devices());
            }
            return List.copyOf(devices);
        }
    }

    /**
     * No OpenCL library.
     *
     * @param reason what was looked for and why it would not do, one sentence without its full stop
     * @param remedy what a person can do about it, one sentence
     */
    record Unavailable(String reason, String remedy) implements OpenCl {}
}
