package dev.sluice.opencl;

/**
 * The work-items of a launch, in one to three dimensions, and how they are grouped. Immutable: keep one for launches
 * that are alike.
 *
 * @param dimensions 1 to 3
 * @param globalX work-items along the first dimension
 * @param globalY work-items along the second dimension; 1 if there is none
 * @param globalZ work-items along the third dimension; 1 if there is none
 * @param localX work-items of a group along the first dimension; 0 in all three lets the implementation choose
 * @param localY work-items of a group along the second dimension
 * @param localZ work-items of a group along the third dimension
 */
public record NDRange(int dimensions, long globalX, long globalY, long globalZ, long localX, long localY, long localZ) {

    /**
     * Checks the sizes.
     *
     * @throws IllegalArgumentException if a size is not positive or a global size is no multiple of its local size,
     *     which OpenCL 1.2 does not allow
     */
    public NDRange {
        if (dimensions < 1 || dimensions > 3) {
            throw new IllegalArgumentException("An NDRange has 1 to 3 dimensions, not " + dimensions);
        }
        check(globalX, globalY, globalZ, localX, localY, localZ);
    }

    static void check(long globalX, long globalY, long globalZ, long localX, long localY, long localZ) {
        if (globalX <= 0 || globalY <= 0 || globalZ <= 0) {
            throw new IllegalArgumentException(
                    "Global sizes must be positive: " + globalX + " x " + globalY + " x " + globalZ);
        }
        boolean chosen = localX > 0 && localY > 0 && localZ > 0;
        boolean free = localX == 0 && localY == 0 && localZ == 0;
        if (!chosen && !free) {
            throw new IllegalArgumentException(
                    "Local sizes must all be positive or all be 0: " + localX + " x " + localY + " x " + localZ);
        }
        if (chosen && (globalX % localX != 0 || globalY % localY != 0 || globalZ % localZ != 0)) {
            throw new IllegalArgumentException("Global sizes must be multiples of the local sizes: " + globalX + " x "
                    + globalY + " x " + globalZ + " in groups of " + localX + " x " + localY + " x " + localZ);
        }
    }

    /** One dimension. */
    public static NDRange of(long x) {
        return new NDRange(1, x, 1, 1, 0, 0, 0);
    }

    /** Two dimensions. */
    public static NDRange of(long x, long y) {
        return new NDRange(2, x, y, 1, 0, 0, 0);
    }

    /** Three dimensions. */
    public static NDRange of(long x, long y, long z) {
        return new NDRange(3, x, y, z, 0, 0, 0);
    }

    /** The same in groups of x. */
    public NDRange local(long x) {
        return local(x, 1, 1);
    }

    /** The same in groups of x × y. */
    public NDRange local(long x, long y) {
        return local(x, y, 1);
    }

    /** The same in groups of x × y × z. */
    public NDRange local(long x, long y, long z) {
        return new NDRange(dimensions, globalX, globalY, globalZ, x, y, z);
    }

    /** The least multiple of a group size that covers so many work-items. */
    public static long roundUp(long workItems, long group) {
        return Math.multiplyExact(Math.ceilDiv(workItems, group), group);
    }
}
