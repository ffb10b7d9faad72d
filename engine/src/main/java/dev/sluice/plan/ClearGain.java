package dev.sluice.plan;

import dev.sluice.error.SluiceException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Holds a plan that needs several devices to a gain that is larger than what predictions err by (docs/performance.md): where one
 * device alone is predicted to be nearly as fast, it may well be faster, and has nothing to hand over and no other that may
 * fail. What to execute is chosen so; what is shown as the optimum is not.
 */
public final class ClearGain {
    private static final double DOUBT = 0.15;

    private ClearGain() {}

    /**
     * The plan, or that of the best device alone.
     *
     * @param best what the request gets from the hardware; whoever names places gets them
     */
    public static Plan of(Plan best, ModelShape model, Hardware hardware, PlanRequest request) {
        boolean alone = best.stages().size() == 1 && best.halved() == 0;
        Integer share = request.hostShare();
        if (alone
                || (share != null && share > 0)
                || request.gpuLayers() != null
                || !request.places().isEmpty()) {
            return best;
        }
        Plan chosen = best;
        double least = (1 - DOUBT) * best.decode().tokensPerSecond();
        for (DeviceProfile device : hardware.devices()) {
            Plan other = alone(model, hardware, request, device);
            if (other != null && other.decode().tokensPerSecond() >= least) {
                chosen = other;
                least = other.decode().tokensPerSecond();
            }
        }
        return chosen;
    }

    private static @Nullable Plan alone(
            ModelShape model, Hardware hardware, PlanRequest request, DeviceProfile device) {
        Map<String, Long> memory = new HashMap<>(request.memory());
        // A limit of a device that is not asked for would be an error.
        memory.keySet().removeIf(id -> !id.equals(PlanRequest.EACH) && !id.equals(device.id()));
        try {
            return Planner.plan(
                    model, hardware, request.withDevices(List.of(device.id())).withMemory(memory));
        } catch (SluiceException e) {
            return null; // it cannot take all
        }
    }
}
