package dev.sluice.backend;

/** Which code computes on the CPU. */
public enum CpuKernels {
    /** The fastest that the machine, the JVM and the precision allow; the device's path says which it is. */
    AUTO,
    /** Machine code assembled at run time; refused where it cannot be. */
    MACHINE,
    /** The JDK's Vector API; refused where the JVM was started without it. */
    VECTOR,
    /** Plain Java, the definition of every operation: slow. */
    SCALAR
}
