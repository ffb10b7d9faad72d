package dev.sluice.backend.opencl;

/**
 * What is peculiar to devices with vector units and few threads.
 *
 * @param dot how bytes are multiplied; {@link VectorDot#NONE} to compute in floats
 * @param patience how often work-groups of a layer that one token goes through in one launch look for each other before
 *     they give up, at the least; 0 for a launch for each part of a layer
 */
record VectorTuning(VectorDot dot, int patience) {
    /** For other devices. */
    static final VectorTuning NONE = new VectorTuning(VectorDot.NONE, 0);

    /** A nanosecond or so each: far beyond what a group that runs at all takes. */
    private static final int PATIENCE = 1 << 24;

    static VectorTuning of(VectorDot dot) {
        return new VectorTuning(dot, PATIENCE);
    }
}
