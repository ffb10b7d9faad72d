package dev.sluice.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.DeviceInfo;
import dev.sluice.tensor.DType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ClearGainTest {
    private static final long GIB = 1L << 30;
    private static final ModelShape MODEL = ShapeFiles.read("8b");
    private static final PlanRequest REQUEST =
            PlanRequest.DEFAULT.withContext(1024).withMemory(Map.of("opencl:0", 20 * GIB, "opencl:1", 20 * GIB));

    private static DeviceProfile gpu(int number, long memory, double rate, double headRate) {
        Map<String, FormatRate> heads = new HashMap<>();
        for (DType format : DType.supported()) {
            heads.put(format.name(), FormatRate.of(headRate, 1e13));
        }
        return new DeviceProfile(
                "opencl:" + number,
                "a GPU",
                DeviceInfo.Kind.GPU,
                memory,
                4 * GIB,
                false,
                Map.of(DeviceProfile.ANY, FormatRate.of(rate, 1e13)),
                heads,
                0,
                rate,
                1e12,
                LinkProfile.of(4e9),
                1e-6,
                1e-6,
                1e-6);
    }

    private static Plan chosen(Plan best, DeviceProfile... devices) {
        return ClearGain.of(best, MODEL, machine(devices), REQUEST, Trial.NONE);
    }

    private static Plan best(DeviceProfile... devices) {
        return Planner.plan(MODEL, machine(devices), devices.length == 1 ? REQUEST.withMemory(Map.of()) : REQUEST);
    }

    private static Hardware machine(DeviceProfile... devices) {
        return new Hardware("two", "test", HardwareFiles.read("two-gpus").host(), List.of(devices));
    }

    @Test
    void aHeadThatIsALittleFasterElsewhereStaysWithTheBlocks() {
        DeviceProfile one = gpu(0, 24 * GIB, 1.05e11, 1e11);
        DeviceProfile other = gpu(1, 24 * GIB, 1e11, 1.5e11);
        Plan split = best(one, other);
        assertEquals(2, split.stages().size(), "the optimum uses both");
        Plan plan = chosen(split, one, other);
        assertEquals(1, plan.stages().size());
        assertEquals(
                Math.max(
                        best(one).decode().tokensPerSecond(),
                        best(other).decode().tokensPerSecond()),
                plan.decode().tokensPerSecond());
    }

    @Test
    void twoDevicesThatHoldWhatOneDoesNotShareIt() {
        DeviceProfile one = gpu(0, 3 * GIB, 1e11, 1e11);
        DeviceProfile other = gpu(1, 3 * GIB, 1e11, 1e11);
        Plan split = best(one, other);
        assertEquals(2, split.stages().size());
        assertSame(split, chosen(split, one, other));
    }

    /** The CPU has no layer of its own, but is a second device that may fail and that predictions err about. */
    @Test
    void halvesAreLeftToTheCpuOnlyWhereThatClearlyGains() {
        PlanRequest request = PlanRequest.DEFAULT
                .withContext(1024)
                .withPlaces(List.of(PlaceRule.parse("embedding|block|head=opencl:0")));
        for (double rate : new double[] {5e8, 5e9}) {
            Hardware machine = machine(gpu(0, 4 * GIB, 1e11, 1e11), cpu(rate));
            Plan shared = Planner.plan(MODEL, machine, request);
            assertEquals(1, shared.stages().size());
            assertTrue(shared.halved() > 0, "the optimum uses the CPU");
            Plan unforced = ClearGain.of(shared, MODEL, machine, request.withPlaces(List.of()), Trial.NONE);
            assertEquals(rate > 1e9, unforced.halved() > 0, "at " + rate);
            assertSame(shared, ClearGain.of(shared, MODEL, machine, request, Trial.NONE), "who names places gets them");
            PlanRequest three = request.withPlaces(List.of()).withHostShare(3);
            assertSame(shared, ClearGain.of(shared, MODEL, machine, three, Trial.NONE), "and who asks for halves");
        }
    }

    private static DeviceProfile cpu(double rate) {
        return new DeviceProfile(
                "cpu",
                "the CPU",
                DeviceInfo.Kind.CPU,
                64 * GIB,
                64 * GIB,
                true,
                Map.of(DeviceProfile.ANY, FormatRate.of(rate, 1e12)),
                rate,
                1e12,
                null,
                1e-6,
                1e-6);
    }
}
