package dev.sluice.backend.cpu;

import dev.sluice.graph.Activation;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** Functions of vectors, in plain arithmetic, so that every machine gives the same bits. */
final class VectorMath {
    /** Below, e to the power is no normal float and given as 0. */
    private static final float LOWEST = -87.33f;
    /** Above, the power of two would leave the float's range; e to this is 2.4e38. */
    private static final float HIGHEST = 88.37f;

    private static final float LOG2_E = 1.44269504f;
    /** ln 2 in two parts, the first short enough for exact products with a whole number of powers. */
    private static final float LN2_HIGH = 0.693359375f;

    private static final float LN2_LOW = -2.12194440e-4f;
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

    /** {@code gate = activation(gate) ⊙ up}; see {@link ScalarOps#activate}. */
    static void activate(Activation activation, float[] gate, int gateAt, float[] up, int upAt, int count) {
        int whole = Lanes.FLOATS.loopBound(count);
        switch (activation) {
            case SILU -> silu(gate, gateAt, up, upAt, whole);
            case GELU_TANH -> gelu(gate, gateAt, up, upAt, whole);
        }
        for (int i = whole; i < count; i++) {
            gate[gateAt + i] = ScalarOps.activate(activation, gate[gateAt + i]) * up[upAt + i];
        }
    }

    private static void silu(float[] gate, int gateAt, float[] up, int upAt, int count) {
        for (int i = 0; i < count; i += Lanes.COUNT) {
            FloatVector x = FloatVector.fromArray(Lanes.FLOATS, gate, gateAt + i);
            FloatVector y = x.div(exp(x.neg()).add(1f));
            y.mul(FloatVector.fromArray(Lanes.FLOATS, up, upAt + i)).intoArray(gate, gateAt + i);
        }
    }

    private static void gelu(float[] gate, int gateAt, float[] up, int upAt, int count) {
        float c = (float) (-2 * Math.sqrt(2 / Math.PI));
        for (int i = 0; i < count; i += Lanes.COUNT) {
            FloatVector x = FloatVector.fromArray(Lanes.FLOATS, gate, gateAt + i);
            FloatVector h = roundToHalf(x);
            FloatVector z = h.mul(h).mul(0.044715f).add(1f).mul(h).mul(c);
            FloatVector y = roundToHalf(h.div(exp(z).add(1f)));
            VectorMask<Float> linear = x.abs().compare(VectorOperators.GE, ScalarOps.GELU_LINEAR);
            y = y.blend(x.max(0f), linear);
            y.mul(FloatVector.fromArray(Lanes.FLOATS, up, upAt + i)).intoArray(gate, gateAt + i);
        }
    }

    /** The nearest half, ties to even, of numbers below 65520 in magnitude. */
    static FloatVector roundToHalf(FloatVector x) {
        IntVector bits = x.reinterpretAsInts();
        IntVector odd = bits.lanewise(VectorOperators.LSHR, 13).and(1);
        FloatVector normal = bits.add(odd).add(0xfff).and(~0x1fff).reinterpretAsFloats();
        // Halves below 2⁻¹⁴ are multiples of 2⁻²⁴, the spacing of floats from 1/2 to 1.
        FloatVector tiny = x.add(0.75f).sub(0.75f);
        return normal.blend(tiny, x.abs().compare(VectorOperators.LT, 0x1p-14f));
    }
}
