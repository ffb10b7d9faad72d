package dev.sluice.backend;

/** A point in a device's order of work. */
public interface Fence {
    /** A fence of work that is already done. */
    Fence DONE = () -> {};

    /**
     * Waits until the work before this point is done.
     *
     * @throws dev.sluice.error.SluiceException if it failed
     */
    void await();
}
