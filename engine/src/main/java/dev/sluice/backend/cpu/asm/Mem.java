package dev.sluice.backend.cpu.asm;

import org.jspecify.annotations.Nullable;

/**
 * A memory operand: {@code base + index · scale + disp}.
 *
 * @param base register with an address
 * @param index register with a count, or null; RSP cannot be one
 * @param scale 1, 2, 4 or 8
 * @param disp constant distance in bytes
 * @param broadcast whether one 32-bit element is read and repeated in all lanes (AVX-512)
 */
public record Mem(Gpr base, @Nullable Gpr index, int scale, int disp, boolean broadcast) {
    public Mem {
        if (index == Gpr.RSP || Integer.bitCount(scale) != 1 || scale > 8) {
            throw new IllegalArgumentException("no address with index " + index + " times " + scale);
        }
    }

    public static Mem at(Gpr base, int disp) {
        return new Mem(base, null, 1, disp, false);
    }

    public static Mem at(Gpr base) {
        return at(base, 0);
    }

    public static Mem at(Gpr base, Gpr index, int scale, int disp) {
        return new Mem(base, index, scale, disp, false);
    }

    /** One 32-bit element, repeated in all lanes. */
    public static Mem each(Gpr base, int disp) {
        return new Mem(base, null, 1, disp, true);
    }

    /** The same operand, some bytes further on. */
    public Mem plus(int bytes) {
        return new Mem(base, index, scale, Math.addExact(disp, bytes), broadcast);
    }
}
