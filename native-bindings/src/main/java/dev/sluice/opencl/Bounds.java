package dev.sluice.opencl;

/** Checks ranges before native code sees them. */
final class Bounds {
    private Bounds() {}

    /** Throws unless [offset, offset + bytes) lies inside [0, size). */
    static void check(String what, long offset, long bytes, String of, long size) {
        if (offset < 0 || bytes < 0 || bytes > size - offset) {
            throw new IndexOutOfBoundsException(what + " of " + bytes + " bytes at offset " + offset
                    + " does not lie inside " + of + " of " + size + " bytes");
        }
    }
}
