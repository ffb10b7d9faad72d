package dev.sluice.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.KvType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ForecastTest {
    @ParameterizedTest
    @CsvSource({"8b, rtx-4090", "70b, rtx-4090", "70b, two-gpus", "8b, laptop"})
    void aPlansPlacementTakesAsLongAsThePlanSays(String model, String machine) {
        ModelShape shape = ShapeFiles.read(model);
        Hardware hardware = HardwareFiles.read(machine);
        Plan plan = Planner.plan(shape, hardware, PlanRequest.DEFAULT);
        Forecast forecast = new Forecast(shape, hardware, KvType.F16, plan.layers(), plan.batch());
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
                shape, hardware, KvType.F16, Forecast.resident(shape, List.of(new Forecast.Share(gpu, layers))), 1);
        double whole = forecast.prompt(List.of(List.of(512), List.of(512)), 0).seconds();
        double first = forecast.prompt(List.of(List.of(512)), 0).seconds();
        double second = forecast.prompt(List.of(List.of(512)), 512).seconds();
        assertTrue(whole < first + second, "one head less");
        assertEquals(first + second, whole, 0.05 * whole);
    }

    @Test
    void microBatchesKeepSeveralStagesBusy() {
        ModelShape shape = ShapeFiles.read("8b");
        Hardware hardware = HardwareFiles.read("two-gpus");
        List<String> gpus = hardware.devices().stream()
                .map(DeviceProfile::id)
                .filter(id -> !id.equals("cpu"))
                .toList();
        int half = shape.layers().size() / 2;
        Forecast forecast = new Forecast(
                shape,
                hardware,
                KvType.F16,
                Forecast.resident(
                        shape,
                        List.of(
                                new Forecast.Share(gpus.get(0), half),
                                new Forecast.Share(gpus.get(1), shape.layers().size() - half))),
                1);
        Forecast.Prompt apart = forecast.prompt(List.of(List.of(2048)), 0);
        Forecast.Prompt together = forecast.prompt(List.of(Collections.nCopies(8, 256)), 0);
        assertEquals(Forecast.seconds(apart.parts()), apart.seconds(), 1e-9);
        double slowest = together.parts().stream()
                .mapToDouble(Forecast.Part::seconds)
                .max()
                .orElseThrow();
        assertTrue(together.seconds() > slowest && together.seconds() < Forecast.seconds(together.parts()));
        assertTrue(
                forecast.decodeSeconds(List.of(32, 32), 0) < forecast.decodeSeconds(List.of(64), 0) * 1.5,
                "groups follow each other and do not wait");
        assertEquals(
                Forecast.seconds(forecast.decode(64, 0)), forecast.decodeSeconds(List.of(64), 0), 1e-9, "one group");
    }

    @Test
    void streamedWeightsAreCopiedOnceForAStep() {
        ModelShape shape = ShapeFiles.read("8b");
        Hardware hardware = HardwareFiles.read("rtx-4090");
        String gpu = hardware.devices().getLast().id();
        List<Placement> layers = new ArrayList<>();
        for (LayerShape layer : shape.layers()) {
            Residency residency = layers.isEmpty() ? Residency.RESIDENT : Residency.STREAMED;
            layers.add(Placement.of(layer.name(), gpu, residency));
        }
        Forecast forecast = new Forecast(shape, hardware, KvType.F16, layers, 1);
        double once = forecast.prompt(List.of(List.of(64)), 0).seconds();
        double apart = forecast.prompt(Collections.nCopies(4, List.of(64)), 0).seconds();
        double together =
                forecast.prompt(List.of(Collections.nCopies(4, 64)), 0).seconds();
        assertEquals(4 * once, apart, 0.2 * apart);
        assertTrue(together < 0.6 * apart, together + " s for one step, " + apart + " for four");
    }

    /** Whether the embedding has the same table or not: what is streamed of it is copied. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void slicesOfTheHeadAreCopied(boolean tied) {
        ModelShape untied = ShapeFiles.read("8b");
        List<LayerShape> shapes = new ArrayList<>(untied.layers());
        LayerShape head = shapes.removeLast();
        shapes.add(new LayerShape(
                head.name(),
                head.kind(),
                head.weights(),
                head.vectorBytes(),
                tied ? head.matrixBytes() : 0,
                null,
                null,
                head.scratchWidth()));
        ModelShape shape = new ModelShape("8b", "test", untied.embedding(), untied.vocabulary(), 1024, shapes);
        Hardware hardware = HardwareFiles.read("rtx-4090");
        DeviceProfile gpu = hardware.devices().getLast();
        int slices = shape.headSlices();
        assertTrue(slices > 2);
        List<Double> seconds = new ArrayList<>();
        for (int streamed : new int[] {1, slices}) {
            List<Placement> layers = new ArrayList<>();
            for (LayerShape layer : shape.layers().subList(0, shapes.size() - 1)) {
                Residency residency = layers.isEmpty() ? Residency.RESIDENT : Residency.STREAMED;
                layers.add(Placement.of(layer.name(), gpu.id(), residency));
            }
            double share = streamed / (double) slices;
            layers.add(new Placement(head.name(), gpu.id(), Residency.STREAMED, null, share, false));
            seconds.add(Forecast.seconds(new Forecast(shape, hardware, KvType.F16, layers, 1).decode(1, 0)));
        }
        double rate = Objects.requireNonNull(gpu.link()).pinnedComputing();
        double more = (slices - 1) * head.matrixBytes() / (double) slices / rate;
        assertEquals(more, seconds.getLast() - seconds.getFirst(), 0.02 * more);
    }
}
