package dev.sluice.runtime;

/** Hears how far long work has come. Called on the working thread; must not block. */
@FunctionalInterface
public interface Progress {
    /** Says nothing. */
    Progress NONE = (what, done, total) -> {};

    /**
     * Reports one step forward.
     *
     * @param what what is being done, for people: {@code loading}, {@code reading the prompt}
     * @param done units done, of {@code total}
     */
    void report(String what, long done, long total);
}
