package dev.sluice.opencl;

/**
 * What a platform, one vendor's implementation of OpenCL, says of itself.
 *
 * @param name for example {@code Portable Computing Language}
 * @param vendor who made it
 * @param version for example {@code OpenCL 3.0 LINUX}
 */
public record PlatformInfo(String name, String vendor, String version) {}
