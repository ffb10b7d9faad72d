package dev.sluice.plan;

import dev.sluice.error.SluiceException;
import org.jspecify.annotations.Nullable;

/**
 * Plans which device computes which layer from where. The placement is the best there is by the model of {@link
 * StageModel} and {@link Chain}, over all sets and orders of devices, where each layer is computed by one of them. Then the CPU may
 * take halves of streamed layers ({@link HalvesOnCpu}): of that placement, and of the best in which it has no blocks of its own and
 * so more to do for others. The faster of both is the plan.
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
        requireShare(plan, request);
        return plan.withLifts(Lifts.of(plan, model, hardware, request));
    }

    /** The best plan without its lifts; null if the model fits nowhere. */
    static @Nullable Plan find(ModelShape model, Hardware hardware, PlanRequest request) {
        Plan plan = find(new Problem(model, hardware, request));
        Integer wanted = request.hostShare();
        if (wanted != null && wanted == 0) {
            return plan;
        }
        Problem helping = new Problem(model, hardware, request);
        if (!helping.keepBlocksFromCpu()) {
            return plan;
        }
        Plan other = find(helping);
        return plan == null || (other != null && isBetter(other, plan, wanted)) ? other : plan;
    }

    private static @Nullable Plan find(Problem problem) {
        Candidate best = new Solver(problem).solve();
        return best == null ? null : new Assembly(problem, best).plan();
    }

    private static boolean isBetter(Plan one, Plan other, @Nullable Integer wanted) {
        if (wanted != null && one.halved() != other.halved()) {
            return Math.abs(one.halved() - wanted) < Math.abs(other.halved() - wanted);
        }
        return one.decode().tokensPerSecond() > other.decode().tokensPerSecond();
    }

    /** A wish that cannot be met is an error. */
    private static void requireShare(Plan plan, PlanRequest request) {
        Integer wanted = request.hostShare();
        if (wanted != null && plan.halved() < wanted) {
            throw new SluiceException("--host-share " + wanted + ": the CPU can take the feed-forward half of "
                    + plan.halved()
                    + " layers of this plan. It must be among the devices (--device gpu,cpu), layers must be streamed"
                    + " to a device with a memory of its own, and sequences must go through the devices together");
        }
    }
}
