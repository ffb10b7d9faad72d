package dev.sluice.opencl;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What a device says of itself; sizes in bytes. Whatever came after OpenCL 1.2 is asked for only where the device's
 * version or extensions announce it.
 *
 * @param name the device's name
 * @param vendor its maker
 * @param type what kind of device it is
 * @param version for example {@code OpenCL 3.0 PoCL HSTR: …}; {@link #versionAtLeast} compares
 * @param driverVersion the driver's own version
 * @param openClCVersion the newest OpenCL C by default, for example {@code OpenCL C 1.2}
 * @param computeUnits parallel compute units
 * @param clockMhz highest clock, in MHz; 0 where the device does not tell
 * @param globalMemory bytes of device memory
 * @param maxAllocation bytes of the largest single buffer
 * @param localMemory bytes of local memory of a work-group
 * @param dedicatedLocalMemory whether local memory is its own fast memory, and not part of global memory
 * @param maxWorkGroupSize most work-items of a work-group
 * @param maxWorkItemSizes most work-items of a work-group along each dimension
 * @param maxParameterBytes bytes of all arguments of a kernel
 * @param maxConstantBuffer bytes of the largest constant buffer
 * @param cacheLine bytes of a line of the global memory's cache; 0 without a cache
 * @param cacheSize bytes of the global memory's cache
 * @param baseAddressAlignment bytes that the offset of a sub-buffer must be a multiple of
 * @param hostUnifiedMemory whether device and host share their memory
 * @param preferredVectorWidths the vector widths that the compiler likes best
 * @param nativeVectorWidths the vector widths of the hardware
 * @param fp16 whether {@code half} arithmetic is there (cl_khr_fp16)
 * @param fp64 whether {@code double} arithmetic is there (cl_khr_fp64)
 * @param fusedMultiplyAdd whether {@code fma} on floats is done in hardware precision as IEEE 754 has it
 * @param subGroups whether kernels may use sub-groups
 * @param subGroupSizes the sub-group sizes that can be demanded; empty where unknown
 * @param integerDotProduct what the device offers of cl_khr_integer_dot_product
 * @param commandBuffers whether cl_khr_command_buffer is there
 * @param compiler whether programs can be built from source
 * @param uuid the device's UUID in hexadecimal (cl_khr_device_uuid)
 * @param pciAddress {@code domain:bus:device.function} in hexadecimal (cl_khr_pci_bus_info)
 * @param extensions the names of all extensions
 */
public record DeviceInfo(
        String name,
        String vendor,
        DeviceType type,
        String version,
        String driverVersion,
        String openClCVersion,
        int computeUnits,
        int clockMhz,
        long globalMemory,
        long maxAllocation,
        long localMemory,
        boolean dedicatedLocalMemory,
        long maxWorkGroupSize,
        List<Long> maxWorkItemSizes,
        long maxParameterBytes,
        long maxConstantBuffer,
        int cacheLine,
        long cacheSize,
        int baseAddressAlignment,
        boolean hostUnifiedMemory,
        VectorWidths preferredVectorWidths,
        VectorWidths nativeVectorWidths,
        boolean fp16,
        boolean fp64,
        boolean fusedMultiplyAdd,
        boolean subGroups,
        List<Integer> subGroupSizes,
        IntegerDotProduct integerDotProduct,
        boolean commandBuffers,
        boolean compiler,
        Optional<String> uuid,
        Optional<String> pciAddress,
        Set<String> extensions) {

    /** Elements per vector; 0 where the type is not supported. */
    public record VectorWidths(int bytes, int shorts, int ints, int floats, int halves) {}

    /**
     * Dot products of four 8-bit integers.
     *
     * @param unpacked whether {@code dot} takes char4 vectors
     * @param packed whether {@code dot_4x8packed_…} takes them in an int
     * @param accelerated whether a signed packed dot product is faster than the same in plain code
     */
    public record IntegerDotProduct(boolean unpacked, boolean packed, boolean accelerated) {}

    /** Whether the device names an extension, for example {@code cl_khr_fp16}. */
    public boolean hasExtension(String extension) {
        return extensions.contains(extension);
    }

    /** Whether the device implements at least this version of OpenCL. */
    public boolean versionAtLeast(int major, int minor) {
        return ClVersion.parse(version).atLeast(major, minor);
    }
}
