package dev.sluice.simulate;

/**
 * One thing that goes wrong.
 *
 * @param where what goes wrong
 * @param after how many of that kind go well before
 */
public record Fault(Where where, int after) {
    /** What can go wrong, and what is counted until it does. */
    public enum Where {
        /** A layer is not compiled; layers that were compiled count. */
        COMPILE,
        /** Memory is refused; pieces of memory count: activations, KV caches, slots, weights of a layer. */
        ALLOCATE,
        /** A copy fails; copies count, each layer's weights among them. */
        COPY,
        /** A layer is not computed; layers that were computed count. */
        KERNEL,
        /** What a layer computes is not a number, from then on; layers that were computed count. */
        WRONG,
        /** What a layer computes has the wrong sign, from then on; layers that were computed count. */
        SIGN,
        /** A layer is never done; layers that were computed count. */
        HANG,
        /** The device is gone; layers that were computed count. */
        LOST
    }

    public Fault {
        if (after < 0) {
            throw new IllegalArgumentException("a fault after " + after);
        }
    }
}
