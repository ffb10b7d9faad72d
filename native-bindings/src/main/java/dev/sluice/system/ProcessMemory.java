package dev.sluice.system;
/** Placeholder. */
final class ProcessMemory {
    private ProcessMemory() {}
}
