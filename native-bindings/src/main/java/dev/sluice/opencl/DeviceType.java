package dev.sluice.opencl;

/** What kind of device it is. */
public enum DeviceType {
    /** The host's processor. */
    CPU,
    /** A graphics processor. */
    GPU,
    /** Another device that is programmed in OpenCL C. */
    ACCELERATOR,
    /** A device with fixed functions only. */
    CUSTOM
}
