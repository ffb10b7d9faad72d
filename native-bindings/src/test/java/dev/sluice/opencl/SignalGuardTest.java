package dev.sluice.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;

class SignalGuardTest {
    @Test
    @DisabledOnOs(OS.WINDOWS)
    void theJvmKeepsItsSignalHandlersWhateverTheRuntimesDo() throws Exception {
        OpenClTests.available();
        assertEquals("same handlers, 4000 exceptions, sum 400000", ChildJvm.run(SignalProbe.class, Map.of()));
    }
}
