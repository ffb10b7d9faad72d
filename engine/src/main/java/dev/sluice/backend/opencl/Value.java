package dev.sluice.backend.opencl;

/**
 * Where a value of a layer lies: [tokens, width] floats in a slot, rows {@code stride} apart, from element {@code at}.
 * Several values may share a slot side by side, as queries, keys and values of one launch do.
 *
 * @param slot {@link #INPUT}, {@link #OUTPUT} or a scratch slot from {@link #SCRATCH} on
 */
record Value(int slot, int at, int stride) {
    static final int INPUT = 0;
    static final int OUTPUT = 1;
    static final int SCRATCH = 2;

    /** The part of each row that begins at an element. */
    Value from(int element) {
        return element == 0 ? this : new Value(slot, at + element, stride);
    }
}
