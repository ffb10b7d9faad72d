package dev.sluice.backend;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class PaceTest {
    /** Takes steps; returns how many went the first way. */
    private static int steps(Pace pace, int count, long first, long second) {
        int ofFirst = 0;
        for (int i = 0; i < count; i++) {
            boolean way = pace.first();
            ofFirst += way ? 1 : 0;
            pace.took(way ? first : second);
        }
        return ofFirst;
    }

    @Test
    void theFasterWayIsTakenAndTheOtherTriedSeldom() {
        int ofFirst = steps(new Pace(), 4000, 100, 150);
        assertTrue(ofFirst > 3900 && ofFirst < 4000, ofFirst + " of 4000");
    }

    @Test
    void theSecondWayIsFoundWhereItIsFaster() {
        Pace pace = new Pace();
        steps(pace, 100, 200, 100);
        assertFalse(pace.first());
        int ofFirst = steps(pace, 4000, 200, 100);
        assertTrue(ofFirst > 0 && ofFirst < 100, ofFirst + " of 4000");
    }

    @Test
    void aChangeIsNoticed() {
        Pace pace = new Pace();
        steps(pace, 500, 100, 150);
        assertTrue(steps(pace, 4000, 300, 150) < 1500, "the first way has become the slower one");
    }

    @Test
    void theBeginningOfATrialIsNotMeasuredWhereAWayMustPrepare() {
        Pace pace = new Pace(1);
        for (int i = 0; i < 300; i++) {
            boolean began = pace.first() && (i == 0 || i == 1);
            pace.took(began ? 10_000 : pace.first() ? 100 : 150);
        }
        assertTrue(steps(pace, 40, 100, 150) >= 36, "two slow steps at the beginning say nothing");
    }

    @Test
    void aLittleBetterIsNotEnough() {
        assertTrue(steps(new Pace(), 1000, 100, 99) > 950);
    }

    @Test
    void aTrialThatMetAGoodMomentDecidesNothing() {
        Pace pace = new Pace();
        steps(pace, 200, 100, 150);
        while (pace.first()) {
            pace.took(100);
        }
        while (!pace.first()) {
            pace.took(60);
        }
        assertTrue(steps(pace, 200, 100, 150) >= 180, "the other way was faster once, and not when it was tried again");
    }

    @Test
    void aWayThatIsSlowFromTheBeginningIsLeftSoon() {
        Pace pace = new Pace();
        pace.took(1); // the first step says nothing
        assertTrue(steps(pace, 40, 900, 100) <= 5);
    }
}
