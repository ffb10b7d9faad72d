package dev.sluice.plan;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One walk through the ways to keep a stage's weights: how many pieces of each group are streamed, and how many the CPU
 * computes. One group, the pivot, gives just as many as the others demand.
 */
final class StageEnumeration {
    /** Where there would be more ways, large groups are divided in steps of several pieces. */
    private static final double MOST_WAYS = 2_000;

    private final StageModel model;
    private final int from;
    private final int to;
    private final List<PieceGroup> groups;
    private final int pivot;
    private final int[] steps;
    private final long all;
    private final Integer[] streamed;
    private final Integer[] hosted;
    private final List<StageOption> options = new ArrayList<>();

    StageEnumeration(StageModel model, int from, int to, List<PieceGroup> groups) {
        this.model = model;
        this.from = from;
        this.to = to;
        this.groups = groups;
        pivot = pivot(groups);
        steps = steps();
        streamed = new Integer[groups.size()];
        hosted = new Integer[groups.size()];
        all = model.bytes(from, to, Away.NOTHING).total();
    }

    /** The ways that no other beats in all that counts. */
    List<StageOption> options() {
        descend(0, Away.NOTHING);
        return List.copyOf(options);
    }

    /** The largest group that can be streamed, −1 without one. */
    private static int pivot(List<PieceGroup> groups) {
        int pivot = -1;
        for (int g = 0; g < groups.size(); g++) {
            if (groups.get(g).piece().streamable()
                    && (pivot < 0 || groups.get(g).count() > groups.get(pivot).count())) {
                pivot = g;
            }
        }
        return pivot;
    }

    private int[] steps() {
        int[] found = new int[groups.size()];
        Arrays.fill(found, 1);
        while (true) {
            double ways = 1;
            int most = -1;
            for (int g = 0; g < found.length; g++) {
                double own = ways(g, found[g]);
                ways *= own;
                if (found[g] < groups.get(g).count() && (most < 0 || own > ways(most, found[most]))) {
                    most = g;
                }
            }
            if (ways <= MOST_WAYS || most < 0) {
                return found;
            }
            found[most] *= 2;
        }
    }

    private double ways(int g, int step) {
        Piece piece = groups.get(g).piece();
        double levels = Math.ceilDiv(groups.get(g).count(), step) + 1;
        boolean free = g != pivot || model.device.hostMemory();
        return (piece.hostable() ? levels : 1) * (piece.streamable() && free ? levels : 1);
    }

    /** The next count to try behind one; the most is always tried. */
    private static int next(int count, int step, int most) {
        return count == most ? most + 1 : Math.min(most, count + step);
    }

    /**
     * Goes through all ways for the groups from g on.
     *
     * @return whether it fits with nothing of these groups away, so that taking more of the groups before away is of no
     *     use
     */
    private boolean descend(int g, Away away) {
        if (g == groups.size()) {
            return complete(away);
        }
        PieceGroup group = groups.get(g);
        Piece piece = group.piece();
        boolean fits = false;
        int mostHosted = piece.hostable() ? group.count() : 0;
        for (int h = 0; h <= mostHosted; h = next(h, steps[g], mostHosted)) {
            Away withHosted = away.host(h, piece.bytes(), piece.read(), piece.delta(), piece.cpu());
            hosted[g] = h;
            int most = piece.streamable() && g != pivot ? group.count() - h : 0;
            for (int s = 0; s <= most; s = next(s, steps[g], most)) {
                streamed[g] = s;
                boolean enough = descend(g + 1, piece.streamed(s, withHosted));
                fits |= enough && h == 0 && s == 0;
                if (enough) {
                    break;
                }
            }
        }
        return fits;
    }

    /**
     * The pivot gives as many as the others demand, and no more: all else only gets worse with them. A device that shares
     * the host's memory may be asked for more, as the host then need not hold them.
     */
    private boolean complete(Away away) {
        StageUse use = model.use(from, to, away, all);
        boolean enough = use != null && !model.device.hostMemory();
        if (pivot < 0) {
            offer(use);
            return enough;
        }
        Piece piece = groups.get(pivot).piece();
        int least = 0;
        if (use == null) {
            Away one = piece.streamed(1, away);
            long missing = model.total(one, all) - model.device.memoryBytes();
            least = 1 + (int) Math.max(0, Math.ceilDiv(missing, piece.parts() * piece.bytes()));
        }
        int available = groups.get(pivot).count() - hosted[pivot];
        int most = model.device.hostMemory() ? available : Math.min(least, available);
        for (int count = least; count <= most; count = next(count, steps[pivot], most)) {
            streamed[pivot] = count;
            offer(model.use(from, to, piece.streamed(count, away), all));
        }
        return enough;
    }

    private void offer(@Nullable StageUse use) {
        if (use == null) {
            return;
        }
        for (StageOption known : options) {
            if (known.dominates(use)) {
                return;
            }
        }
        StageOption option = new StageOption(use, groups, List.of(streamed), List.of(hosted));
        options.removeIf(known -> option.dominates(known.use()));
        options.add(option);
    }
}
