package dev.sluice.backend.opencl;

import dev.sluice.opencl.DeviceInfo;

/**
 * What a device has for a kernel.
 *
 * @param computeUnits that work-groups are spread over
 * @param parameterBytes that its parameters may take
 * @param panelBytes of local memory, beside the kernel's own variables
 */
record DeviceLimits(int computeUnits, long parameterBytes, long panelBytes) {
    /** Local memory left to the kernels' own variables. */
    private static final long LOCAL_RESERVE = 4096;

    static DeviceLimits of(DeviceInfo info) {
        return new DeviceLimits(info.computeUnits(), info.maxParameterBytes(), info.localMemory() - LOCAL_RESERVE);
    }
}
