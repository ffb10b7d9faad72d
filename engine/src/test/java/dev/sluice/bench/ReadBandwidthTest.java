package dev.sluice.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class ReadBandwidthTest {
    @Test
    void memoryIsReadAtAPlausibleSpeed() {
        try (ReadBandwidth bandwidth = new ReadBandwidth(2, 1L << 30)) {
            ReadBandwidth.Sample sample = bandwidth.sample(5);
            assertEquals(5, sample.rates().size());
            // A machine of one memory channel that is busy otherwise, and one with twelve.
            assertTrue(sample.median() > 1e8 && sample.best() < 1e13, sample::toString);
        }
    }

    @Test
    void theBestAndTheMiddlePassAreTold() {
        ReadBandwidth.Sample before = new ReadBandwidth.Sample(List.of(3.0, 1.0));
        ReadBandwidth.Sample both = before.with(new ReadBandwidth.Sample(List.of(9.0, 2.0, 4.0)));
        assertEquals(9, both.best());
        assertEquals(3, both.median());
    }

    @Test
    void closingTwiceDoesNoHarm() {
        ReadBandwidth bandwidth = new ReadBandwidth(1, 1L << 24);
        bandwidth.close();
        bandwidth.close();
    }
}
