package dev.sluice.bench;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class ThroughputResultTest {
    @Test
    void testsAreNamedAsUsersKnowThem() {
        assertEquals("pp512", new ThroughputTest(512, 0, 0).label());
        assertEquals("tg128", new ThroughputTest(0, 128, 0).label());
        assertEquals("pp512+tg128 @ d4096", new ThroughputTest(512, 128, 4096).label());
    }

    @Test
    void ratesAreTokensPerSecondWithTheSampleDeviation() {
        ThroughputResult result = result(new ThroughputTest(100, 0, 0), 500_000_000L, 1_000_000_000L);
        assertArrayEquals(new double[] {200, 100}, result.rates(), 1e-9);
        assertEquals(150, result.averageRate(), 1e-9);
        assertEquals(Math.sqrt(5000), result.deviationRate(), 1e-9);
        assertEquals(750_000_000, result.averageNanos(), 1e-3);
    }

    @Test
    void oneSampleHasNoDeviation() {
        assertEquals(0, result(new ThroughputTest(0, 1, 0), 5L).deviationRate());
    }

    @Test
    void theTokensOfAllSequencesCount() {
        ThroughputTest test = new ThroughputTest(0, 16, 512, 8);
        assertEquals("tg16 x8 @ d512", test.label());
        assertEquals(128, result(test, 1_000_000_000L).averageRate(), 1e-9);
    }

    private static ThroughputResult result(ThroughputTest test, Long... nanos) {
        return new ThroughputResult(test, Instant.EPOCH, List.of(nanos), new WarmUp(2, 0, 0), 0);
    }
}
