package dev.sluice.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class StopFilterTest {
    @Test
    void withoutStopsEverythingPassesAtOnce() {
        StopFilter filter = new StopFilter(List.of());
        assertEquals("abc", filter.push("abc"));
        assertEquals("", filter.flush());
        assertFalse(filter.stopped());
    }

    @Test
    void whatMayBeginAStopIsHeldBackUntilItIsClear() {
        StopFilter filter = new StopFilter(List.of("\n\nUser:"));
        assertEquals("Hello", filter.push("Hello\n"));
        assertEquals("\nthere", filter.push("there"));
        assertEquals("", filter.push("\n\nUs"));
        assertEquals("\n\nUsing", filter.push("ing"));
        assertFalse(filter.stopped());
    }

    @Test
    void theStopAndWhatFollowsAreCut() {
        StopFilter filter = new StopFilter(List.of("END"));
        assertEquals("some ", filter.push("some E"));
        assertEquals("", filter.push("N"));
        assertEquals("", filter.push("D more"));
        assertTrue(filter.stopped());
        assertEquals("", filter.push("still more"));
        assertEquals("", filter.flush());
    }

    @Test
    void theEarliestOfSeveralStopsCounts() {
        StopFilter filter = new StopFilter(List.of("zz", "b"));
        assertEquals("a", filter.push("abzz"));
        assertTrue(filter.stopped());
    }

    @Test
    void overlappingBeginningsAreFound() {
        for (int split = 0; split <= 6; split++) {
            StopFilter filter = new StopFilter(List.of("aab"));
            String text = "xaaaab";
            String shown = filter.push(text.substring(0, split)) + filter.push(text.substring(split));
            assertEquals("xaa", shown, "split at " + split);
            assertTrue(filter.stopped());
        }
    }

    @Test
    void heldTextComesOutAtTheEnd() {
        StopFilter filter = new StopFilter(List.of("stop"));
        assertEquals("don't ", filter.push("don't sto"));
        assertEquals("sto", filter.flush());
    }
}
