package dev.sluice.backend.cpu;

import dev.sluice.graph.Activation;
import java.lang.foreign.MemorySegment;

/**
 * GELU of every half-precision number. As {@link Activation#GELU_TANH} rounds its argument to one, the table is the
 * definition itself; a polynomial would now and then round to the neighbouring half.
 */
final class GeluTable {
    private static final float[] VALUES = new float[1 << 16];

    static {
        for (int bits = 0; bits < VALUES.length; bits++) {
            VALUES[bits] = ScalarOps.activate(Activation.GELU_TANH, Float.float16ToFloat((short) bits));
        }
    }

    private static final MemorySegment SEGMENT = MemorySegment.ofArray(VALUES);

    private GeluTable() {}

    /** The values, for machine code. */
    static MemorySegment segment() {
        return SEGMENT;
    }

    /** {@code gate = gelu(gate) ⊙ up}. */
    static void apply(float[] gate, int gateAt, float[] up, int upAt, int count) {
        for (int i = 0; i < count; i++) {
            float x = gate[gateAt + i];
            // Numbers from here on are not rounded; NaN goes to the table, which has it.
            float y = Math.abs(x) >= Activation.GELU_LINEAR_FROM
                    ? Math.max(x, 0)
                    : VALUES[Float.floatToFloat16(x) & 0xffff];
            gate[gateAt + i] = y * up[upAt + i];
        }
    }
}
