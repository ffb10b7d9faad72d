package dev.sluice.plan;

import dev.sluice.error.SluiceException;
import org.jspecify.annotations.Nullable;

/**
 * Plans which device computes which layer from where. The placement is the best there is by the model of {@link
 * StageModel} and {@link Chain}, over all sets and orders of devices; the share of rows that the CPU takes of streamed
 * layers is then the best for that placement.
 */
public final class Planner {
    private Planner() {}

    /**
     * The best plan.
     *
     * @throws SluiceException if the request contradicts itself or what there is, or the model fits nowhere; the message
     *     has the numbers and what would fit
     */
    public static Plan plan(ModelShape model, Hardware hardware, PlanRequest request) {
        Plan plan = find(model, hardware, request);
        if (plan == null) {
            throw Refusal.of(model, hardware, request);
        }
        return plan.withLifts(Lifts.of(plan, model, hardware, request));
    }

    /** The best plan without its lifts; null if the model fits nowhere. */
    static @Nullable Plan find(ModelShape model, Hardware hardware, PlanRequest request) {
        Problem problem = new Problem(model, hardware, request);
        Candidate best = new Solver(problem).solve();
        return best == null ? null : new Assembly(problem, best).plan();
    }
}
