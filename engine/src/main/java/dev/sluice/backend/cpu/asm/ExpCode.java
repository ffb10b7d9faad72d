package dev.sluice.backend.cpu.asm;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * e to the power of 16 floats: x = n ln 2 + r with |r| ≤ ln 2 / 2, a polynomial in r, times 2ⁿ. Within 2 ulp for results
 * that are normal floats, 0 below, NaN for NaN.
 */
public final class ExpCode {
    /** Below, e to the power is no normal float and given as 0. */
    private static final float LOWEST = -0x1.5d5p6f;
    /** Above, the power of two would leave the float's range. */
    private static final float HIGHEST = 0x1.617p6f;
    /** The first part of ln 2 is short enough for exact products with a whole number of powers. */
    private static final float LN2_HIGH = 0x1.63p-1f;
    /** 1.5 · 2²³: adding it leaves the nearest whole number in the low bits. */
    private static final float ROUND = 12582912f;

    private static final float[] CONSTANTS = {
        LOWEST,
        HIGHEST,
        (float) (1 / Math.log(2)),
        ROUND,
        LN2_HIGH,
        (float) (Math.log(2) - LN2_HIGH),
        1 / 5040f,
        1 / 720f,
        1 / 120f,
        1 / 24f,
        1 / 6f,
        0.5f,
        1f,
        Float.NEGATIVE_INFINITY
    };

    private static final int AT_LOWEST = 0;
    private static final int AT_HIGHEST = 1;
    private static final int AT_LOG2_E = 2;
    private static final int AT_ROUND = 3;
    private static final int AT_LN2_HIGH = 4;
    private static final int AT_LN2_LOW = 5;
    private static final int AT_POLYNOMIAL = 6;
    private static final int AT_ONE = 12;
    private static final int AT_NEGATIVE_INFINITY = 13;

    /** Bytes of the constants that code reads. */
    public static final int TABLE_BYTES = CONSTANTS.length * Wide.BYTES;

    private ExpCode() {}

    /** Fills the constants in: each is there 16 times. */
    public static void fill(MemorySegment table) {
        for (int i = 0; i < 16 * CONSTANTS.length; i++) {
            table.setAtIndex(ValueLayout.JAVA_FLOAT, i, CONSTANTS[i / 16]);
        }
    }

    static Mem one(Gpr table) {
        return constant(table, AT_ONE);
    }

    static Mem negativeInfinity(Gpr table) {
        return constant(table, AT_NEGATIVE_INFINITY);
    }

    /** The bound that {@link #emit} wants repeated in a register. */
    static Mem lowest(Gpr table) {
        return constant(table, AT_LOWEST);
    }

    private static Mem constant(Gpr table, int index) {
        return Mem.at(table, index * Wide.BYTES);
    }

    /**
     * Emits the computation.
     *
     * @param x the argument, kept
     * @param y the result
     * @param t a unit that is used up, so is {@code n}
     * @param lowest a register with {@link #lowest} in all lanes
     */
    static void emit(Wide w, Gpr table, int x, int y, int t, int n, Vec lowest) {
        // The second operand is what comes out where one is NaN.
        w.op(VectorOp.VMAXPS, t, lowest, x);
        w.load(n, constant(table, AT_HIGHEST));
        w.op(VectorOp.VMINPS, t, n, t);
        w.op(VectorOp.VMULPS, n, t, constant(table, AT_LOG2_E));
        w.op(VectorOp.VADDPS, n, n, constant(table, AT_ROUND));
        w.op(VectorOp.VSUBPS, y, n, constant(table, AT_ROUND));
        w.op(VectorOp.VFNMADD231PS, t, y, constant(table, AT_LN2_HIGH));
        w.op(VectorOp.VFNMADD231PS, t, y, constant(table, AT_LN2_LOW));
        w.load(y, constant(table, AT_POLYNOMIAL));
        for (int i = 1; i <= 5; i++) {
            w.op(VectorOp.VFMADD213PS, y, t, constant(table, AT_POLYNOMIAL + i));
        }
        w.op(VectorOp.VFMADD213PS, y, t, constant(table, AT_ONE));
        w.op(VectorOp.VFMADD213PS, y, t, constant(table, AT_ONE));
        // The low bits of the shifted number are n: at the exponent's place they multiply by 2 to the n.
        w.shift(ShiftOp.VPSLLD, n, n, 23);
        w.op(VectorOp.VPADDD, y, y, n);
        w.zeroWhereLess(y, x, lowest, t);
    }
}
