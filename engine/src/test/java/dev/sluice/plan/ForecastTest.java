package dev.sluice.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.KvType;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ForecastTest {
    @ParameterizedTest
    @CsvSource({"8b, rtx-4090", "70b, rtx-4090", "70b, two-gpus", "8b, laptop"})
    void aPlansPlacementTakesAsLongAsThePlanSays(String model, String machine) {
        ModelShape shape = ShapeFiles.read(model);
        Hardware hardware = HardwareFiles.read(machine);
        Plan plan = Planner.plan(shape, hardware, PlanRequest.DEFAULT);
        Forecast forecast = new Forecast(shape, hardware, KvType.F16, plan.layers());
        List<Forecast.Part> parts = forecast.decode(1, plan.depth());
        assertEquals(plan.stages().size(), parts.size());
        for (int i = 0; i < parts.size(); i++) {
            assertEquals(plan.stages().get(i).seconds(), parts.get(i).seconds(), 1e-9);
        }
        assertEquals(plan.decode().seconds(), Forecast.seconds(parts), 1e-9);
    }

    @ParameterizedTest
    @CsvSource({"8b, rtx-4090"})
    void stepsOfAPromptAddUpAndOnlyTheLastHasLogits(String model, String machine) {
        ModelShape shape = ShapeFiles.read(model);
        Hardware hardware = HardwareFiles.read(machine);
        int layers = shape.layers().size();
        String gpu = hardware.devices().getLast().id();
        Forecast forecast = new Forecast(
                shape, hardware, KvType.F16, Forecast.resident(shape, List.of(new Forecast.Share(gpu, layers))));
        double whole = Forecast.seconds(forecast.prompt(1024, 512, 0));
        double first = Forecast.seconds(forecast.prompt(512, 512, 0));
        double second = Forecast.seconds(forecast.prompt(512, 512, 512));
        assertTrue(whole < first + second, "one head less");
        assertEquals(first + second, whole, 0.05 * whole);
    }
}
