package dev.sluice.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.DeviceInfo;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SingleDevicesTest {
    private static final long GIB = 1L << 30;
    private static final ModelShape MODEL = ShapeFiles.read("8b");
    private static final PlanRequest REQUEST = PlanRequest.DEFAULT.withContext(4096);

    private static DeviceProfile gpu(int number, long memory, double rate, double kvRate) {
        return new DeviceProfile(
                "opencl:" + number,
                "a GPU",
                DeviceInfo.Kind.GPU,
                memory,
                4 * GIB,
                false,
                Map.of(DeviceProfile.ANY, FormatRate.of(rate, 1e13)),
                kvRate,
                1e12,
                null,
                1e-6,
                1e-6);
    }

    private static Hardware machine(DeviceProfile... devices) {
        return new Hardware("test", "test", HardwareFiles.read("two-gpus").host(), List.of(devices));
    }

    private static SingleDevices of(int depth, DeviceProfile... devices) {
        return new SingleDevices(MODEL, machine(devices), REQUEST.withDepth(depth));
    }

    private static Trial trial(double... rates) {
        return new Trial(1, 12, rates(rates));
    }

    private static Map<String, Double> rates(double... rates) {
        return Map.of("opencl:0", rates[0], "opencl:1", rates[1]);
    }

    private static String fastest(SingleDevices single, Trial trial) {
        return single.fastest(trial).orElseThrow().stages().getFirst().device();
    }

    private static double predicted(int depth, DeviceProfile device) {
        return SingleDevices.rate(of(depth, device).fastest(Trial.NONE).orElseThrow());
    }

    @Test
    void aTrialTellsApartWhatPredictionsDoNot() {
        SingleDevices close = of(12, gpu(0, 24 * GIB, 1.1e11, 1e11), gpu(1, 24 * GIB, 1e11, 1e11));
        assertEquals(List.of("opencl:0", "opencl:1"), close.rivals());
        assertEquals("opencl:0", fastest(close, Trial.NONE));
        assertEquals("opencl:0", fastest(close, trial(11, 10)));
        assertEquals("opencl:1", fastest(close, trial(10, 11)));
        assertEquals("opencl:0", fastest(close, new Trial(8, 12, rates(10, 11))), "tried with other steps");
        assertEquals("opencl:0", fastest(close, new Trial(1, 12, Map.of("opencl:1", 11.0))), "the first was not tried");
    }

    @Test
    void whatIsPredictedToBeFarBehindStaysThere() {
        SingleDevices apart = of(12, gpu(0, 24 * GIB, 1e11, 1e11), gpu(1, 24 * GIB, 7e10, 1e11));
        assertEquals(List.of("opencl:0"), apart.rivals());
        assertEquals("opencl:0", fastest(apart, trial(10, 11)));
    }

    /** What one gains at the beginning of a context by better products, it may lose again by slower attention. */
    @Test
    void aTrialCountsInProportionToWhatIsPredictedForItsDepth() {
        DeviceProfile one = gpu(0, 24 * GIB, 1e11, 1e11);
        DeviceProfile other = gpu(1, 24 * GIB, 1e11, 3e10);
        double lead = predicted(4000, one) / predicted(4000, other);
        assertTrue(lead > 1.05 && lead < 1.3, "a lead of " + lead);
        Trial trial = trial(10, 10 * (1 + (lead - 1) / 2));
        assertEquals("opencl:1", fastest(of(12, one, other), trial));
        assertEquals("opencl:0", fastest(of(4000, one, other), trial));
    }

    @Test
    void aDeviceThatCannotTakeAllIsNone() {
        DeviceProfile small = gpu(0, GIB, 2e11, 1e11);
        SingleDevices one = of(12, small, gpu(1, 24 * GIB, 1e11, 1e11));
        assertEquals(List.of("opencl:1"), one.rivals());
        assertTrue(of(12, small).fastest(Trial.NONE).isEmpty());
        assertEquals(List.of(), of(12, small).rivals());
    }

    @Test
    void whatIsExecutedFollowsTheTrialUnlessPlacesAreNamed() {
        DeviceProfile[] devices = {gpu(0, 24 * GIB, 1.1e11, 1e11), gpu(1, 24 * GIB, 1e11, 1e11)};
        PlanRequest request = REQUEST.withDepth(12);
        Hardware machine = machine(devices);
        Plan best = Planner.plan(MODEL, machine, request);
        assertEquals(List.of("opencl:0"), used(best), "the optimum");
        assertEquals(List.of("opencl:0"), used(ClearGain.of(best, MODEL, machine, request, Trial.NONE)));
        assertEquals(List.of("opencl:1"), used(ClearGain.of(best, MODEL, machine, request, trial(10, 11))));
        PlanRequest placed = request.withPlaces(List.of(PlaceRule.parse("block=opencl:0")));
        assertEquals(List.of("opencl:0"), used(ClearGain.of(best, MODEL, machine, placed, trial(10, 11))));
        // What one cannot hold is shared, however well it did with as much as it took.
        Hardware small = machine(
                Arrays.stream(devices).map(device -> device.withMemory(3 * GIB)).toArray(DeviceProfile[]::new));
        Plan split = Planner.plan(MODEL, small, request);
        assertEquals(2, used(split).size());
        assertEquals(
                2,
                used(ClearGain.of(split, MODEL, small, request, trial(10, 11))).size());
    }

    private static List<String> used(Plan plan) {
        return plan.stages().stream().map(Stage::device).toList();
    }
}
