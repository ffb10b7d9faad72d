package dev.sluice.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class StepTest {
    @Test
    void rowsOfThePartsFollowOneAnother() {
        Step step = Step.forParts(4).add(7, 3, 1).add(0, 17, 0).add(2, 5, 5);
        assertEquals(3, step.parts());
        assertEquals(25, step.tokens());
        assertEquals(6, step.outputRows());
        int[][] expected = {{7, 3, 1, 0, 0}, {0, 17, 0, 3, 1}, {2, 5, 5, 20, 1}};
        for (int part = 0; part < 3; part++) {
            assertEquals(expected[part][0], step.position(part));
            assertEquals(expected[part][1], step.tokens(part));
            assertEquals(expected[part][2], step.outputRows(part));
            assertEquals(expected[part][3], step.firstRow(part));
            assertEquals(expected[part][4], step.firstOutput(part));
        }
        assertTrue(step.toString().contains("[7, 0, 2]"), step.toString());
    }

    @Test
    void oneSequenceIsOnePart() {
        Step step = new Step(9, 4, 2);
        assertEquals(1, step.parts());
        assertEquals(9, step.position(0));
        assertEquals(4, step.tokens());
        assertEquals(4, step.tokens(0));
        assertEquals(2, step.outputRows());
        assertEquals(0, step.firstRow(0));
    }

    @Test
    void aClearedStepIsFilledAnew() {
        Step step = Step.forParts(2).add(1, 2, 1).add(3, 4, 4).clear();
        assertEquals(0, step.parts());
        assertEquals(0, step.tokens());
        assertEquals(0, step.outputRows());
        step.add(5, 6, 0);
        assertEquals(6, step.tokens());
        assertEquals(0, step.outputRows());
        assertThrows(IndexOutOfBoundsException.class, () -> step.position(1));
        assertThrows(IndexOutOfBoundsException.class, () -> step.tokens(-1));
    }

    @Test
    void whatIsImpossibleIsRefusedAndChangesNothing() {
        Step step = Step.forParts(1);
        for (int[] wrong : new int[][] {{-1, 1, 0}, {0, 0, 0}, {0, 1, 2}, {0, 1, -1}}) {
            assertThrows(IllegalArgumentException.class, () -> step.add(wrong[0], wrong[1], wrong[2]));
            assertThrows(IllegalArgumentException.class, () -> new Step(wrong[0], wrong[1], wrong[2]));
        }
        assertEquals(0, step.parts());
        step.add(0, 1, 1);
        assertThrows(IllegalStateException.class, () -> step.add(0, 1, 1));
        assertEquals(1, step.tokens());
        assertThrows(IllegalArgumentException.class, () -> Step.forParts(0));
    }
}
