package dev.sluice.backend;

/** How exactly products with weights are computed, where a device has a choice. */
public enum Precision {
    /**
     * Activations may be rounded to bytes, 32 columns to a scale, where that is faster: on the CPU, by machine code. What
     * it costs is in docs/PRECISION.md.
     */
    AUTO,
    /** Activations stay 32-bit floats. */
    EXACT
}
