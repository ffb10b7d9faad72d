package dev.sluice.plan;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * When micro-batches leave the stages that they go through: a stage has one at a time, in order, each as soon as the stage before
 * is done with it. A stage that streams has all of a step together, and copies for all of them once.
 */
final class Flow {
    private final double[] free;
    private final double[] busy;
    /** When each micro-batch of the step is there for the stage that comes next. */
    private double[] there = {};
    /** When the step before was handed to the last stage: then the host begins the next. */
    private double begun;

    Flow(int stages) {
        free = new double[stages];
        busy = new double[stages];
    }

    /** A step of so many micro-batches. */
    void begin(int microBatches) {
        there = new double[microBatches];
        Arrays.fill(there, begun);
    }

    /** All micro-batches of the step go through a stage; those that it has nothing to do for are null. */
    void stage(int stage, List<@Nullable StageUse> uses, boolean streams) {
        begun = there[there.length - 1];
        if (streams) {
            together(stage, uses);
            return;
        }
        for (int k = 0; k < there.length; k++) {
            StageUse use = uses.get(k);
            if (use != null) {
                there[k] = Math.max(free[stage], there[k]) + use.seconds();
                free[stage] = there[k];
                busy[stage] += use.seconds();
            }
        }
    }

    private void together(int stage, List<@Nullable StageUse> uses) {
        List<StageUse> some = new ArrayList<>();
        for (StageUse use : uses) {
            if (use != null) {
                some.add(use);
            }
        }
        if (some.isEmpty()) {
            return;
        }
        double compute =
                some.stream().mapToDouble(use -> use.compute() + use.hop()).sum();
        StageUse one = some.getLast();
        double seconds = Math.max(compute, Math.max(one.copy(), one.hostTime()) + one.hop());
        free[stage] = Math.max(Math.max(free[stage], there[0]) + seconds, there[there.length - 1] + one.compute());
        Arrays.fill(there, free[stage]);
        busy[stage] += seconds;
    }

    /** Seconds that a stage has worked. */
    double busy(int stage) {
        return busy[stage];
    }

    /** Seconds until all is done. */
    double seconds() {
        return Arrays.stream(free).max().orElseThrow();
    }
}
