package dev.sluice.plan;

import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * The chain with the least sum of one quantity over its stages, and for every beginning of a chain the least that its rest
 * adds, which bounds what can come of it.
 */
final class LeastSum {
    private final Problem problem;
    private final List<StageOptions> options;
    private final ToDoubleFunction<StageUse> quantity;
    private final int layers;
    /** By the set of devices that may be used and the first layer of the rest. */
    private final double[][] rest;

    private final int[][] device;
    private final int[][] end;

    LeastSum(Problem problem, List<StageOptions> options, ToDoubleFunction<StageUse> quantity) {
        this.problem = problem;
        this.options = options;
        this.quantity = quantity;
        layers = problem.model.layers().size();
        int sets = 1 << options.size();
        rest = new double[sets][layers + 1];
        device = new int[sets][layers + 1];
        end = new int[sets][layers + 1];
        Arrays.fill(rest[0], 0, layers, Double.POSITIVE_INFINITY);
        for (int set = 1; set < sets; set++) {
            for (int i = layers - 1; i >= 0; i--) {
                find(set, i);
            }
        }
    }

    /** The least that the layers from i on take on some of the devices of a set; infinite if they do not fit. */
    double rest(int set, int i) {
        return rest[set][i];
    }

    /** The chain with the least sum; null if there is none. */
    @Nullable
    Label chain() {
        int set = rest.length - 1;
        if (rest[set][0] == Double.POSITIVE_INFINITY) {
            return null;
        }
        Label label = new Label(1);
        int i = 0;
        while (i < layers) {
            int d = device[set][i];
            int j = end[set][i];
            StageOption option = least(d, i, j);
            if (option == null) {
                throw new IllegalStateException("no stage " + i + ".." + j);
            }
            double[] taken = {label.taken[0] + quantity.applyAsDouble(option.use())};
            label = new Label(label, d, i, option, taken);
            set &= ~(1 << d);
            i = j;
        }
        return label;
    }

    private void find(int set, int i) {
        double least = Double.POSITIVE_INFINITY;
        for (int d = 0; d < options.size(); d++) {
            if ((set & 1 << d) == 0) {
                continue;
            }
            double[] after = rest[set & ~(1 << d)];
            for (int j = i + 1; j <= layers && problem.allowed[d][j - 1]; j++) {
                if (after[j] >= least) {
                    continue;
                }
                StageOption option = least(d, i, j);
                if (option == null && i > 0) {
                    break; // nor do more layers fit; with the embedding a tied head is smaller
                }
                double sum =
                        option == null ? Double.POSITIVE_INFINITY : quantity.applyAsDouble(option.use()) + after[j];
                if (sum < least) {
                    least = sum;
                    device[set][i] = d;
                    end[set][i] = j;
                }
            }
        }
        rest[set][i] = least;
    }

    private @Nullable StageOption least(int d, int i, int j) {
        StageOption least = null;
        for (StageOption option : options.get(d).of(i, j)) {
            if (least == null || quantity.applyAsDouble(option.use()) < quantity.applyAsDouble(least.use())) {
                least = option;
            }
        }
        return least;
    }
}
