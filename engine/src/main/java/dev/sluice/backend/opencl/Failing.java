package dev.sluice.backend.opencl;

import dev.sluice.backend.DeviceInfo;
import dev.sluice.error.DeviceFailure;
import dev.sluice.opencl.ClException;

/** Makes a driver's error code the failure of a device. */
final class Failing {
    private static final int DEVICE_NOT_AVAILABLE = -2;
    private static final int COMPILER_NOT_AVAILABLE = -3;
    private static final int ALLOCATION_FAILURE = -4;
    private static final int OUT_OF_HOST_MEMORY = -6;
    private static final int BUILD_PROGRAM_FAILURE = -11;

    private Failing() {}

    static DeviceFailure at(DeviceInfo info, ClException e) {
        return new DeviceFailure(
                info.id(),
                phase(e),
                info.id() + " (" + info.name() + ", " + info.platform() + ")"
                        + (e.isHang()
                                ? " hangs: " + e.getMessage() + ". Is it busy with something else, or its driver out of"
                                        + " date? SLUICE_PATIENCE_SECONDS has it waited for longer"
                                : " failed: " + e.getMessage()
                                        + ". If it happens again, try another driver, or --device cpu"),
                e);
    }

    private static DeviceFailure.Phase phase(ClException e) {
        if (e.isHang()) {
            return DeviceFailure.Phase.HANG;
        }
        return switch (e.code()) {
            case DEVICE_NOT_AVAILABLE -> DeviceFailure.Phase.LOST;
            case COMPILER_NOT_AVAILABLE, BUILD_PROGRAM_FAILURE -> DeviceFailure.Phase.COMPILE;
            case ALLOCATION_FAILURE, OUT_OF_HOST_MEMORY -> DeviceFailure.Phase.ALLOCATE;
            // Whatever was queued: its own error comes with the call that waits for it.
            default ->
                switch (e.call()) {
                    case "clCreateProgramWithSource", "clBuildProgram", "clCreateKernel" -> DeviceFailure.Phase.COMPILE;
                    case "clCreateBuffer", "clCreateSubBuffer" -> DeviceFailure.Phase.ALLOCATE;
                    case "clEnqueueReadBuffer", "clEnqueueWriteBuffer", "clEnqueueCopyBuffer", "clEnqueueMapBuffer" ->
                        DeviceFailure.Phase.COPY;
                    default -> DeviceFailure.Phase.COMPUTE;
                };
        };
    }
}
