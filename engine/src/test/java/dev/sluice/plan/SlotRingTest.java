package dev.sluice.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class SlotRingTest {
    private static double[] all(int layers, double seconds) {
        double[] values = new double[layers];
        Arrays.fill(values, seconds);
        return values;
    }

    @Test
    void theSlowerOfLinkAndDeviceSetsThePaceWhereAllLayersAreEqual() {
        assertEquals(20, SlotRing.seconds(all(10, 1), all(10, 2), 3, 0), 1e-9);
        assertEquals(20, SlotRing.seconds(all(10, 2), all(10, 1), 3, 0), 1e-9);
        assertEquals(10, SlotRing.seconds(all(10, 1), all(10, 1), 2, 0), 1e-9);
    }

    @Test
    void withOneSlotCopyAndComputationTakeTurns() {
        assertEquals(30, SlotRing.seconds(all(10, 1), all(10, 2), 1, 0), 1e-9);
    }

    @Test
    void layersThatAllHaveASlotAreCopiedOnce() {
        double[] copy = all(10, 0);
        copy[2] = 100;
        copy[7] = 100;
        assertEquals(10.5, SlotRing.seconds(all(10, 1), copy, 2, 0.5), 1e-9);
    }

    @Test
    void theLinkRestsWhileALongResidentLayerComputesAndAllSlotsAreFull() {
        double[] compute = all(11, 1);
        double[] copy = all(11, 2);
        compute[10] = 9;
        copy[10] = 0;
        // Three of ten copies behind the head; seven more, each of which waits for a slot, from the first layer's end
        // to the last's
        // beginning.
        assertEquals(9 + 1 + 7 * 2 + 1, SlotRing.seconds(compute, copy, 3, 0), 1e-9);
        assertEquals(20, SlotRing.seconds(compute, copy, 6, 0), 1e-9);
    }

    @Test
    void aSlotMoreThatCostsAResidentLayerGainsNothingThere() {
        double last = 0;
        for (int slots = 2; slots <= 5; slots++) {
            double[] compute = all(21, 1);
            double[] copy = all(21, 0);
            compute[20] = 12;
            // Room for eight layers: slots, and residents evenly between the streamed ones.
            int resident = 8 - slots;
            Arrays.fill(copy, 0, 20, 2);
            for (int i = 0; i < resident; i++) {
                copy[(2 * i + 1) * 20 / (2 * resident)] = 0;
            }
            double seconds = SlotRing.seconds(compute, copy, slots, 0);
            assertTrue(last == 0 || Math.abs(seconds - last) <= 1, seconds + " s after " + last + " s");
            last = seconds;
        }
    }
}
