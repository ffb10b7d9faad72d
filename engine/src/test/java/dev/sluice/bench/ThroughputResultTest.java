package dev.sluice.bench;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

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
        ThroughputResult result =
                new ThroughputResult(new ThroughputTest(100, 0, 0), List.of(500_000_000L, 1_000_000_000L), 2);
        assertArrayEquals(new double[] {200, 100}, result.rates(), 1e-9);
        assertEquals(150, result.averageRate(), 1e-9);
        assertEquals(Math.sqrt(5000), result.deviationRate(), 1e-9);
        assertEquals(750_000_000, result.averageNanos(), 1e-3);
    }

    @Test
    void oneSampleHasNoDeviation() {
        assertEquals(0, new ThroughputResult(new ThroughputTest(0, 1, 0), List.of(5L), 0).deviationRate());
    }
}
