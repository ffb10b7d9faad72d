package dev.sluice.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceOptions;
import dev.sluice.plan.DeviceCatalog;
import dev.sluice.plan.DeviceProfile;
import dev.sluice.plan.Hardware;
import dev.sluice.plan.HostProfile;
import dev.sluice.plan.Plan;
import dev.sluice.plan.PlanRequest;
import dev.sluice.plan.Planner;
import dev.sluice.plan.ShapeFiles;
import dev.sluice.tensor.DType;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DeviceProfilerTest {
    private static final DeviceProfiler.Effort LITTLE =
            new DeviceProfiler.Effort(8L << 20, 128, new Stopwatch(1_000_000, 1, 2), 1_000_000);

    @Test
    void whatIsMeasuredIsEnoughForAPlan() {
        DeviceCatalog catalog = DeviceCatalog.discover("cpu");
        DeviceOptions options = new DeviceOptions(0, DeviceProfiler.MOST_TOKENS);
        DeviceProfile profile;
        try (Device device = catalog.open(catalog.select("cpu"), options)) {
            profile = DeviceProfiler.measure(
                    device, Subject.of(List.of(DType.Q4_K, DType.Q6_K)), LITTLE, (what, done, total) -> {});
        }
        assertEquals(Set.of("Q4_K", "Q6_K"), profile.rates().keySet());
        assertTrue(profile.hostMemory() && profile.memoryBytes() > 1 << 20, profile::toString);
        DeviceProfile roomy = profile.withMemory(1L << 40);
        HostProfile host = new HostProfile(1L << 41, 1e11, 0);
        Plan plan = Planner.plan(
                ShapeFiles.read("8b"), new Hardware("here", "measured", host, List.of(roomy)), PlanRequest.DEFAULT);
        assertNotNull(plan);
        double rate = plan.decode().tokensPerSecond();
        assertTrue(rate > 0.01 && rate < 1000, "tokens/s " + rate);
    }
}
