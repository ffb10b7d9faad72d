package dev.sluice.plan;

import java.util.Optional;

/**
 * What to execute of what is planned. A plan that needs several devices is held to a gain that is larger than what predictions err
 * by (docs/performance.md): where one device alone is predicted to be nearly as fast, it may well be faster, and has nothing to
 * hand over and no other that may fail. Of single devices that are predicted to be nearly as fast as each other, the one is taken that was
 * the fastest when they were tried.
 */
public final class ClearGain {
    private static final double DOUBT = 0.15;

    private ClearGain() {}

    /**
     * The plan, or that of the best device alone.
     *
     * @param best what the request gets from the hardware; whoever names places gets them
     * @param trial of the model, if there was one
     */
    public static Plan of(Plan best, ModelShape model, Hardware hardware, PlanRequest request, Trial trial) {
        Integer share = request.hostShare();
        if ((share != null && share > 0)
                || request.gpuLayers() != null
                || !request.places().isEmpty()) {
            return best;
        }
        boolean alone = best.stages().size() == 1 && best.halved() == 0;
        if (alone && trial.tokensPerSecond().isEmpty()) {
            return best;
        }
        SingleDevices single = new SingleDevices(model, hardware, request);
        Optional<Plan> predicted = single.fastest(Trial.NONE);
        boolean clear =
                predicted.isEmpty() || SingleDevices.rate(predicted.get()) < (1 - DOUBT) * SingleDevices.rate(best);
        return clear ? best : single.fastest(trial).orElse(best);
    }
}
