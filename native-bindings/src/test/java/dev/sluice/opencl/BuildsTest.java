package dev.sluice.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class BuildsTest {
    @Test
    @EnabledOnOs(OS.LINUX)
    void aProcessThatEndsWhileADriverCompilesEndsWithItsExitCode() throws Exception {
        OpenClTests.available();
        assertEquals("ending", ChildJvm.run(BuildingProbe.class, Map.of()));
    }
}
