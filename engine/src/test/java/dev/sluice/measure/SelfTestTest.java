package dev.sluice.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceInfo;
import dev.sluice.backend.DeviceOptions;
import dev.sluice.error.DeviceFailure;
import dev.sluice.plan.DeviceCatalog;
import dev.sluice.simulate.Fault;
import dev.sluice.simulate.Simulation;
import dev.sluice.tensor.DType;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SelfTestTest {
    private static final DeviceOptions OPTIONS = new DeviceOptions(2, 8);

    private static DeviceCatalog catalog(Fault... faults) {
        return DeviceCatalog.discover(
                "sim",
                List.of(new Simulation(
                        "sim",
                        "test",
                        DeviceInfo.Kind.GPU,
                        "cpu",
                        1L << 30,
                        1L << 30,
                        1,
                        null,
                        false,
                        List.of(faults))));
    }

    @Test
    void everyFormatPassesOnTheCpu() {
        DeviceCatalog catalog = catalog();
        List<DType> formats =
                Stream.of(DType.values()).filter(DType::isSupported).toList();
        try (Device device = catalog.open(catalog.select("cpu"), OPTIONS);
                Device reference = catalog.openReference(SelfTest.MOST_TOKENS)) {
            SelfTest.require(device, reference, formats);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Fault.Where.class,
            names = {"WRONG", "SIGN"})
    void aDeviceThatComputesWronglyIsRefused(Fault.Where where) {
        // The step of several tokens goes well; the one of one token does not.
        DeviceCatalog catalog = catalog(new Fault(where, 1));
        try (Device device = catalog.open(catalog.select("sim"), OPTIONS);
                Device reference = catalog.openReference(SelfTest.MOST_TOKENS)) {
            DeviceFailure failure =
                    assertThrows(DeviceFailure.class, () -> SelfTest.require(device, reference, List.of(DType.Q4_K)));
            assertEquals(DeviceFailure.Phase.SELF_TEST, failure.phase());
            assertTrue(failure.getMessage().contains("Q4_K"), failure.getMessage());
        }
    }

    @Test
    void whatWasPassedIsKeptForTheSameFormatsAlone(@TempDir Path folder) {
        DeviceCatalog catalog = catalog();
        PassedSelfTests passed = new PassedSelfTests(folder.resolve("new"));
        try (Device device = catalog.open(catalog.select("cpu"), OPTIONS)) {
            assertFalse(passed.contains(device, "exact", List.of(DType.F16, DType.Q8_0)));
            passed.add(device, "exact", List.of(DType.F16, DType.Q8_0));
            assertTrue(passed.contains(device, "exact", List.of(DType.Q8_0, DType.F16)));
            assertFalse(passed.contains(device, "exact", List.of(DType.F16)));
            assertFalse(passed.contains(device, "rounded", List.of(DType.F16, DType.Q8_0)));
        }
    }
}
