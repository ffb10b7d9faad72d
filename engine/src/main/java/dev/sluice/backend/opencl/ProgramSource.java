package dev.sluice.backend.opencl;

/** A program to compile, with one kernel. Equal ones have equal texts. */
interface ProgramSource extends BoundKernel.Program {
    /** Name of the kernel function. */
    String kernel();

    /** All of the source. */
    String text();
}
