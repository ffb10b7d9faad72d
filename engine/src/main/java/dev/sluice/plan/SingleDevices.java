package dev.sluice.plan;

import dev.sluice.error.SluiceException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The plans of one device alone, for each that can take a whole model, and which of them is the best. */
public final class SingleDevices {
    /** By how much predictions err at the most (docs/performance.md). */
    private static final double WORST_ERROR = 0.25;

    private final ModelShape model;
    private final Hardware hardware;
    private final PlanRequest request;
    /** The fastest first. */
    private final List<Plan> plans;

    /**
     * Plans for each device.
     *
     * @param request names no places
     */
    public SingleDevices(ModelShape model, Hardware hardware, PlanRequest request) {
        this.model = model;
        this.hardware = hardware;
        this.request = request;
        List<Plan> all = new ArrayList<>();
        for (DeviceProfile device : hardware.devices()) {
            if (request.devices().isEmpty() || request.devices().contains(device.id())) {
                Plan plan = alone(device.id(), request);
                if (plan != null) {
                    all.add(plan);
                }
            }
        }
        all.sort(Comparator.comparingDouble(SingleDevices::rate).reversed());
        plans = List.copyOf(all);
    }

    /** Those of which any may be the fastest, as predictions err: what a {@link Trial} decides. The one predicted to be comes first. */
    public List<String> rivals() {
        return plans.stream()
                .filter(plan -> rate(plan) >= (1 - WORST_ERROR) * rate(plans.getFirst()))
                .map(SingleDevices::device)
                .toList();
    }

    /**
     * Steps per second of the one that is predicted to be the fastest.
     *
     * @throws java.util.NoSuchElementException if no device can take all
     */
    public double stepsPerSecond() {
        return 1 / plans.getFirst().decode().seconds();
    }

    /**
     * The fastest: of rivals that have been tried the one that the trial makes the fastest, else the one that is predicted to be.
     * A device that did better in the trial than is predicted for it is taken to do so in equal measure at any depth.
     *
     * @return empty if no device can take all
     */
    public Optional<Plan> fastest(Trial trial) {
        if (plans.isEmpty()
                || trial.sequences() != plans.getFirst().batch()
                || !trial.tokensPerSecond().containsKey(device(plans.getFirst()))) {
            return plans.stream().findFirst();
        }
        List<String> rivals = rivals();
        return plans.stream()
                .filter(plan -> rivals.contains(device(plan)))
                .filter(plan -> trial.tokensPerSecond().containsKey(device(plan)))
                .max(Comparator.comparingDouble(plan -> rate(plan) * correction(plan, trial)));
    }

    private double correction(Plan plan, Trial trial) {
        String id = device(plan);
        Plan tried = alone(id, request.withDepth(Math.min(trial.depth(), plan.context() - 1)));
        return tried == null ? 1 : trial.tokensPerSecond().getOrDefault(id, rate(tried)) / rate(tried);
    }

    private @Nullable Plan alone(String device, PlanRequest wanted) {
        Map<String, Long> memory = new HashMap<>(wanted.memory());
        // A limit of a device that is not asked for would be an error.
        memory.keySet().removeIf(id -> !id.equals(PlanRequest.EACH) && !id.equals(device));
        try {
            return Planner.find(
                    model, hardware, wanted.withDevices(List.of(device)).withMemory(memory));
        } catch (SluiceException e) {
            return null; // it cannot take all
        }
    }

    static double rate(Plan plan) {
        return plan.decode().tokensPerSecond();
    }

    private static String device(Plan plan) {
        return plan.stages().getFirst().device();
    }
}
