package dev.sluice.backend.opencl;

import dev.sluice.opencl.DeviceInfo;

/**
 * What is peculiar to devices with vector units and few threads.
 *
 * @param dot how bytes are multiplied; {@link VectorDot#NONE} to compute in floats
 * @param patience how often work-groups of a layer that one token goes through in one launch look for each other before
 *     they give up, at the least; 0 for a launch for each part of a layer
 * @param ahead bytes by which weights are asked for before they are read; 0 for not at all
 */
record VectorTuning(VectorDot dot, int patience, int ahead) {
    /** For other devices. */
    static final VectorTuning NONE = new VectorTuning(VectorDot.NONE, 0, 0);

    /**
     * Half a nanosecond each: far beyond the few milliseconds for which the system gives a group's processor to another thread, after
     * which all that was queued would be done again.
     */
    private static final int PATIENCE = 1 << 28;

    private static final int AHEAD = 4096;

    /** The simulator Oclgrind does not know the instruction that asks ahead. */
    static VectorTuning of(DeviceInfo info, VectorDot dot) {
        return new VectorTuning(dot, PATIENCE, DeviceTuning.simulated(info) ? 0 : AHEAD);
    }

    VectorTuning withDot(VectorDot other) {
        return new VectorTuning(other, patience, ahead);
    }

    VectorTuning withAhead(int bytes) {
        return new VectorTuning(dot, patience, bytes);
    }

    VectorTuning withPatience(int looks) {
        return new VectorTuning(dot, looks, ahead);
    }
}
