package dev.sluice.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Test;

class VectorMathTest {
    private static float exp(float x) {
        return VectorMath.exp(FloatVector.broadcast(Lanes.FLOATS, x)).lane(0);
    }

    @Test
    void exponentialIsWithinTwoUnits() {
        Random random = new Random(1);
        double worst = 0;
        for (int i = 0; i < 200_000; i++) {
            float x = i % 2 == 0 ? random.nextFloat(-87.3f, 88.3f) : random.nextFloat(-1, 1);
            double expected = Math.exp(x);
            double error = Math.abs(exp(x) - expected) / Math.ulp((float) expected);
            worst = Math.max(worst, error);
        }
        assertTrue(worst <= 2, worst + " units");
    }

    @Test
    void exponentialAtTheEnds() {
        assertEquals(1f, exp(0));
        assertEquals(0f, exp(-88));
        assertEquals(0f, exp(Float.NEGATIVE_INFINITY));
        assertTrue(exp(Float.POSITIVE_INFINITY) > 1e38f);
        assertTrue(Float.isNaN(exp(Float.NaN)));
    }
}
