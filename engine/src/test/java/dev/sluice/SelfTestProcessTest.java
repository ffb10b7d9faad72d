package dev.sluice;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.DeviceInfo;
import dev.sluice.backend.TrialProcess;
import dev.sluice.error.DeviceFailure;
import dev.sluice.plan.DeviceCatalog;
import dev.sluice.tensor.DType;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class SelfTestProcessTest {
    private static final DeviceInfo DEVICE =
            new DeviceInfo("opencl:0", "opencl", DeviceInfo.Kind.GPU, "a card", "a driver", 1, 1, Map.of());

    private static DeviceFailure failure(TrialProcess.Outcome outcome) {
        return assertThrows(DeviceFailure.class, () -> SelfTestProcess.requirePassed(DEVICE, outcome));
    }

    @Test
    void aDriverThatEndsItsProcessIsTheDevicesFault() {
        DeviceFailure failure = failure(new TrialProcess.Outcome(List.of("begun", "noise"), 134, true));
        assertEquals(DeviceFailure.Phase.COMPILE, failure.phase());
        assertTrue(failure.getMessage().startsWith("opencl:0 (a card, a driver) crashes: "), failure.getMessage());
        assertTrue(failure.getMessage().contains("exit code 134"), failure.getMessage());
    }

    @Test
    void whereNoProcessBeginsTheDeviceIsNotBlamed() {
        assertDoesNotThrow(() -> SelfTestProcess.requirePassed(DEVICE, new TrialProcess.Outcome(List.of(), 1, true)));
    }

    @Test
    void aProcessThatDoesNotEndIsEnded() throws IOException {
        TrialProcess.Outcome outcome =
                TrialProcess.run(SelfTestProcess.class, List.of("cpu", "AUTO", DType.Q4_1.name()), 0);
        assertFalse(outcome.inTime());
        assertEquals(DeviceFailure.Phase.HANG, failure(outcome).phase());
    }

    @Test
    void aDeviceThatIsNotThereIsNamed() throws IOException {
        TrialProcess.Outcome outcome =
                TrialProcess.run(SelfTestProcess.class, List.of("opencl:77", "AUTO", DType.Q4_1.name()), 60);
        DeviceFailure failure = failure(outcome);
        assertEquals(DeviceFailure.Phase.OPEN, failure.phase());
        assertTrue(failure.getMessage().contains("opencl:77"), failure.getMessage());
    }

    @Test
    void aWrongResultIsHandedOn() {
        DeviceFailure failure =
                failure(new TrialProcess.Outcome(List.of("noise", "failed SELF_TEST it computes wrongly"), 0, true));
        assertEquals(DeviceFailure.Phase.SELF_TEST, failure.phase());
        assertEquals("it computes wrongly", failure.getMessage());
        assertDoesNotThrow(() -> SelfTestProcess.requirePassed(
                DEVICE, new TrialProcess.Outcome(List.of("begun", "passed", "noise"), 134, true)));
    }

    @Test
    void devicesThatAreHerePass() {
        List<DeviceInfo> devices = DeviceCatalog.discover().devices().stream()
                .filter(device -> device.backend().equals("opencl"))
                .toList();
        Assumptions.assumeTrue(
                !devices.isEmpty() || "1".equals(System.getenv("SLUICE_REQUIRE_OPENCL")), "no OpenCL device");
        assertFalse(devices.isEmpty());
        for (DeviceInfo device : devices) {
            SelfTestProcess.require(device, LoadOptions.DEFAULT, Set.of(DType.Q4_1));
        }
    }
}
