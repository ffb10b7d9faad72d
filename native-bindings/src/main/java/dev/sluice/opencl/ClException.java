package dev.sluice.opencl;
/** Placeholder. */
final class ClException {
    private ClException() {}
}
