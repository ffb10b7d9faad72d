package dev.sluice.backend.cpu.asm;

/**
 * A vector register, with the mask register that guards it as a destination.
 *
 * @param number 0 to 31; those from 16 on need AVX-512
 * @param bits 128, 256 or 512
 * @param mask mask register k1 to k7 whose lanes are written, 0 for all lanes
 * @param zeroing whether lanes that are not written become 0 instead of staying as they are
 */
public record Vec(int number, int bits, int mask, boolean zeroing) {
    public Vec {
        if (number < 0 || number > 31 || (bits != 128 && bits != 256 && bits != 512) || mask < 0 || mask > 7) {
            throw new IllegalArgumentException("no register " + number + " of " + bits + " bits with mask " + mask);
        }
    }

    public static Vec xmm(int number) {
        return new Vec(number, 128, 0, false);
    }

    public static Vec ymm(int number) {
        return new Vec(number, 256, 0, false);
    }

    public static Vec zmm(int number) {
        return new Vec(number, 512, 0, false);
    }

    /** The same register in another width. */
    public Vec as(int width) {
        return new Vec(number, width, mask, zeroing);
    }

    /** Guarded by a mask: other lanes keep what they held. */
    public Vec masked(int k) {
        return new Vec(number, bits, k, false);
    }

    /** Guarded by a mask: other lanes become 0. */
    public Vec zeroed(int k) {
        return new Vec(number, bits, k, true);
    }
}
