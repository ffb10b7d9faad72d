package dev.sluice.plan;

/** Where a layer's weights lie while it is computed. */
public enum Residency {
    /** In the memory of the device that computes the layer, from loading on. */
    RESIDENT,
    /** In host memory or in the file; copied to the device for each step, behind the computation of other layers. */
    STREAMED,
    /** In host memory, where the device that computes the layer reads them: the CPU, or one that shares the host's memory. */
    HOST
}
