package dev.sluice.measure;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SamplesTest {
    @Test
    void thingsTakeTurns() {
        List<String> order = new ArrayList<>();
        List<double[]> samples = Samples.interleaved(
                2,
                List.of(
                        () -> {
                            order.add("a");
                            return order.size();
                        },
                        () -> {
                            order.add("b");
                            return order.size();
                        }));
        assertEquals(List.of("a", "b", "a", "b"), order);
        assertArrayEquals(new double[] {1, 3}, samples.get(0));
        assertArrayEquals(new double[] {2, 4}, samples.get(1));
    }

    @Test
    void theMedianIsInTheMiddle() {
        assertEquals(2, Samples.median(9, 1, 2));
        assertEquals(3, Samples.median(4, 1, 2, 9));
    }
}
