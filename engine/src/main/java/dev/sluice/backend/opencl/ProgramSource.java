package dev.sluice.backend.opencl;

/** A program to compile, with one kernel. Equal ones have equal texts. */
interface ProgramSource {
    /** By which launches are recorded, for people. */
    String label();

    /** Name of the kernel function. */
    String kernel();

    /** Of OpenCL C, such as {@code CL1.2}. */
    String standard();

    /** All of the source. */
    String text();
}
