package dev.sluice.backend;

/** Is told how far a device has come with measuring; by the thread that has it measure. */
@FunctionalInterface
public interface TuneProgress {
    /** What is measured, and so much of so much; an exception ends the measuring. */
    void report(String what, long done, long total);
}
