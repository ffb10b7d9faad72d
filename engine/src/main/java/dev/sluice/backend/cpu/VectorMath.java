package dev.sluice.backend.cpu;

import dev.sluice.graph.Activation;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** Functions of vectors, in plain arithmetic, so that every machine gives the same bits. */
final class VectorMath {
    /** Below, e to the power is no normal float and given as 0. */
    private static final float LOWEST = -0x1.5d5p6f;
    /** Above, the power of two would leave the float's range; e to this is 2.4e38. */
    private static final float HIGHEST = 0x1.617p6f;

    private static final float LOG2_E = (float) (1 / Math.log(2));
    /** ln 2 in two parts, the first short enough for exact products with a whole number of powers. */
    private static final float LN2_HIGH = 0x1.63p-1f;

    private static final float LN2_LOW = (float) (Math.log(2) - LN2_HIGH);
    /** 1.5 · 2²³: adding it leaves the nearest whole number in the low bits. */
    private static final float ROUND = 12582912f;

    private VectorMath() {}

    /**
     * e to the power of x, within 2 ulp for results that are normal floats: x = n ln 2 + r with |r| ≤ ln 2 / 2, then a
     * polynomial in r (the Taylor series to the seventh power leaves 2⁻²⁷) times 2ⁿ. NaN gives NaN.
     */
    static FloatVector exp(FloatVector x) {
        FloatVector t = x.max(LOWEST).min(HIGHEST);
        FloatVector shifted = t.mul(LOG2_E).add(ROUND);
        FloatVector n = shifted.sub(ROUND);
        FloatVector r = n.fma(FloatVector.broadcast(Lanes.FLOATS, -LN2_HIGH), t);
        r = n.fma(FloatVector.broadcast(Lanes.FLOATS, -LN2_LOW), r);
        FloatVector p = FloatVector.broadcast(Lanes.FLOATS, 1 / 5040f);
        p = p.fma(r, FloatVector.broadcast(Lanes.FLOATS, 1 / 720f));
        p = p.fma(r, FloatVector.broadcast(Lanes.FLOATS, 1 / 120f));
        p = p.fma(r, FloatVector.broadcast(Lanes.FLOATS, 1 / 24f));
        p = p.fma(r, FloatVector.broadcast(Lanes.FLOATS, 1 / 6f));
        p = p.fma(r, FloatVector.broadcast(Lanes.FLOATS, 0.5f));
        p = p.fma(r, FloatVector.broadcast(Lanes.FLOATS, 1f));
        p = p.fma(r, FloatVector.broadcast(Lanes.FLOATS, 1f));
        // The low bits of the shifted number are n: moved to the exponent's place and added, they multiply by 2 to the
        // n.
        IntVector power = shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23);
        FloatVector y = p.reinterpretAsInts().add(power).reinterpretAsFloats();
        return y.blend(FloatVector.zero(Lanes.FLOATS), x.compare(VectorOperators.LT, LOWEST));
    }

    /** {@code gate = silu(gate) ⊙ up}; see {@link ScalarOps#activate}. */
    static void silu(float[] gate, int gateAt, float[] up, int upAt, int count) {
        int whole = Lanes.FLOATS.loopBound(count);
        for (int i = 0; i < whole; i += Lanes.COUNT) {
            FloatVector x = FloatVector.fromArray(Lanes.FLOATS, gate, gateAt + i);
            FloatVector y = x.div(exp(x.neg()).add(1f));
            y.mul(FloatVector.fromArray(Lanes.FLOATS, up, upAt + i)).intoArray(gate, gateAt + i);
        }
        for (int i = whole; i < count; i++) {
            gate[gateAt + i] = ScalarOps.activate(Activation.SILU, gate[gateAt + i]) * up[upAt + i];
        }
    }
}
