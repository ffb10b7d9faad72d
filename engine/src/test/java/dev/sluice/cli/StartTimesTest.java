package dev.sluice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StartTimesTest {
    @Test
    void theLaunchersTimeIsMovedToTheClockOfTheProgram() {
        Instant now = Instant.ofEpochSecond(1_800_000_000, 250_000_000);
        assertEquals(7_000_000_000L - 250_000_000, StartTimes.launched("1800000000000000", now, 7_000_000_000L));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "soon", "-5", "12345678901234567890", "1800000000000001"})
    void aTimeThatCannotBeIsNoTime(String micros) {
        assertEquals(42, StartTimes.launched(micros, Instant.ofEpochSecond(1_800_000_000), 42));
    }

    @Test
    void withoutALauncherThereIsNoStartToTell() {
        StartTimes times = new StartTimes();
        times.firstToken(0);
        assertTrue(times.millis().isEmpty());
    }
}
