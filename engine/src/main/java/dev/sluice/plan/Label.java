package dev.sluice.plan;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A way to compute the first layers of a model: a stage behind those of another label, and what all take together. */
final class Label {
    private final @Nullable Label before;
    private final int device;
    private final int from;
    private final @Nullable StageOption option;
    final double[] taken;

    /** Nothing computed yet. */
    Label(int dimensions) {
        before = null;
        device = -1;
        from = 0;
        option = null;
        taken = new double[dimensions];
    }

    Label(Label before, int device, int from, StageOption option, double[] taken) {
        this.before = before;
        this.device = device;
        this.from = from;
        this.option = option;
        this.taken = taken;
    }

    /** Whether this takes no more of anything. */
    static boolean dominates(double[] a, double[] b) {
        for (int i = 0; i < a.length; i++) {
            if (a[i] > b[i]) {
                return false;
            }
        }
        return true;
    }

    List<StageUse> uses() {
        List<StageUse> uses = new ArrayList<>();
        for (Label label = this; label != null && label.option != null; label = label.before) {
            uses.addFirst(label.option.use());
        }
        return uses;
    }

    List<StageLayout> layouts(List<StageOptions> options, int layers) {
        List<StageLayout> layouts = new ArrayList<>();
        int to = layers;
        for (Label label = this; label != null && label.option != null; label = label.before) {
            layouts.addFirst(options.get(label.device).layout(label.option, label.device, label.from, to));
            to = label.from;
        }
        return layouts;
    }
}
