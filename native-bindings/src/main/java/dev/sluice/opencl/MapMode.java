package dev.sluice.opencl;

import dev.sluice.opencl.ffi.CL;

/** What the host will do with mapped memory. */
public enum MapMode {
    /** Read it. */
    READ,
    /** Read and write it. */
    READ_WRITE,
    /** Write all of it, whatever it held. */
    OVERWRITE;

    long bits() {
        return switch (this) {
            case READ -> CL.CL_MAP_READ();
            case READ_WRITE -> CL.CL_MAP_READ() | CL.CL_MAP_WRITE();
            case OVERWRITE -> CL.CL_MAP_WRITE_INVALIDATE_REGION();
        };
    }
}
