package dev.sluice.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * The exact search for the best chain of stages, by dynamic programming over sets of devices: the best way to compute the
 * first j layers with just these devices ends with a stage of one of them behind the best way to compute the layers before
 * with the others. What stages share (the host's memory, bandwidth, processor, disk) makes "best" a matter of several
 * quantities, so that all ways are kept that no other beats in each. They are left out while they do not bind.
 */
final class Search {
    /** What differs by less, relatively, is equal. */
    private static final double ACCURACY = 1e-11;

    private static final List<ToDoubleFunction<StageUse>> MEMORY =
            List.of(StageUse::fixed, StageUse::pool, StageUse::poolRead);
    private static final List<ToDoubleFunction<StageUse>> SECONDS = before(List.of(StageUse::seconds));
    private static final List<ToDoubleFunction<StageUse>> SHARED = List.of(StageUse::hostBytes, StageUse::cpu);
    private static final List<ToDoubleFunction<StageUse>> ALL_SHARED = before(SHARED);

    private final HostProfile host;
    private final List<StageOptions> options = new ArrayList<>();
    private final Problem problem;
    private final int layers;
    private @Nullable DiskBound disk;

    /**
     * A search.
     *
     * @param load of each part of the batch
     * @param sequences of all parts together, whose KV caches are kept
     */
    Search(Problem problem, Load load, int sequences) {
        this.problem = problem;
        host = problem.hardware.host();
        layers = problem.model.layers().size();
        for (int d = 0; d < problem.hardware.devices().size(); d++) {
            options.add(new StageOptions(new StageModel(problem, d, load, sequences), problem.model, problem.kinds));
        }
    }

    /** The chain with the shortest step for all sequences together; null if the model fits nowhere. */
    @Nullable
    Chain shortest() {
        LeastSum fastest = new LeastSum(problem, options, StageUse::seconds);
        Label best = fastest.chain();
        if (best == null) {
            return null;
        }
        double interval = interval(best, false);
        if (interval > best.taken[0] * (1 + ACCURACY)) { // the host's memory or the disk bind
            Label smallest = disk().smallest().chain();
            if (smallest != null && interval(smallest, false) < interval) {
                best = smallest;
                interval = interval(smallest, false);
            }
            double least = Math.max(fastest.rest(everyDevice(), 0), leastDiskSeconds());
            if (interval > least * (1 + ACCURACY)) {
                Limit limit = new Limit(Double.POSITIVE_INFINITY, 0, fastest, interval);
                for (Label end : new Ways(SECONDS, limit).ends()) {
                    if (interval(end, false) < interval) {
                        best = end;
                        interval = interval(end, false);
                    }
                }
            }
        }
        return Double.isInfinite(interval) ? null : new Chain(1, best.layouts(options, layers), best.uses());
    }

    /**
     * The chain of so many stages, all working at once, with the shortest interval.
     *
     * @param longest only an interval of no more is of interest
     * @return null if there is none
     */
    @Nullable
    Chain pipelined(int stages, double longest) {
        double low = leastDiskSeconds();
        Label best = low > longest ? null : within(stages, longest);
        if (best == null) {
            return null;
        }
        double high = interval(best, true);
        while (true) {
            double middle = (low + high) / 2;
            // They meet where the disk, which every chain waits for, is the limit.
            Label better = middle < high ? within(stages, middle) : null;
            if (better == null) {
                low = middle;
                // There are only so many chains: soon the best is found, and nothing is better by more than rounding.
                better = within(stages, high * (1 - ACCURACY));
                if (better == null) {
                    break;
                }
            }
            best = better;
            high = interval(better, true);
        }
        return new Chain(stages, best.layouts(options, layers), best.uses());
    }

    /** What the disk takes at least, whichever the chain. */
    private double leastDiskSeconds() {
        return disk().seconds(0, 0, 0, everyDevice(), 0);
    }

    private int everyDevice() {
        return (1 << options.size()) - 1;
    }

    private DiskBound disk() {
        DiskBound known = disk;
        if (known == null) {
            known = new DiskBound(problem, options);
            disk = known;
        }
        return known;
    }

    /** A way with an interval of no more than this; null if there is none. */
    private @Nullable Label within(int stages, double interval) {
        Limit limit = new Limit(interval, stages, null, interval * (1 + ACCURACY));
        boolean possible = false;
        for (Label end : new Ways(SHARED, limit).ends()) {
            if (end.taken[0] / host.readBytesPerSecond() <= interval && end.taken[1] <= interval) {
                if (keeps(end, interval)) {
                    return end;
                }
                possible = true;
            }
        }
        if (possible) { // but for the host's memory
            for (Label end : new Ways(ALL_SHARED, limit).ends()) {
                if (keeps(end, interval)) {
                    return end;
                }
            }
        }
        return null;
    }

    private boolean keeps(Label end, double interval) {
        double own = interval(end, true);
        return own <= interval && !Double.isInfinite(own);
    }

    private double interval(Label end, boolean pipelined) {
        return Chain.interval(end.uses(), pipelined, host);
    }

    private static List<ToDoubleFunction<StageUse>> before(List<ToDoubleFunction<StageUse>> first) {
        List<ToDoubleFunction<StageUse>> all = new ArrayList<>(first);
        all.addAll(MEMORY);
        return List.copyOf(all);
    }

    /**
     * What ways must keep to.
     *
     * @param stage seconds of each stage
     * @param stages that there must be, 0 for any number
     * @param rest what the layers to come take at least, if the first quantity is seconds
     * @param sum seconds of all stages and of the disk that are no more of interest
     */
    private record Limit(double stage, int stages, @Nullable LeastSum rest, double sum) {}

    /** All ways to compute the first layers with just the devices of a set, of which none beats another. */
    private final class Ways {
        private final List<ToDoubleFunction<StageUse>> quantities;
        private final Limit limit;
        private final boolean ofMemory;
        private final int sets = 1 << options.size();
        private final List<List<List<Label>>> bySet = new ArrayList<>();

        Ways(List<ToDoubleFunction<StageUse>> quantities, Limit limit) {
            this.quantities = quantities;
            this.limit = limit;
            ofMemory = quantities.size() > MEMORY.size();
            for (int set = 0; set < sets; set++) {
                List<List<Label>> byLayers = new ArrayList<>();
                for (int j = 0; j <= layers; j++) {
                    byLayers.add(new ArrayList<>());
                }
                bySet.add(byLayers);
            }
            bySet.getFirst().getFirst().add(new Label(quantities.size()));
            for (int set = 1; set < sets; set++) {
                int size = Integer.bitCount(set);
                if (limit.stages() == 0 || size <= limit.stages()) {
                    for (int j = size == limit.stages() ? layers : 1; j <= layers; j++) {
                        for (int d = 0; d < options.size(); d++) {
                            if ((set & 1 << d) != 0) {
                                extend(set, d, j);
                            }
                        }
                    }
                }
            }
        }

        /** The ways to compute all layers. */
        List<Label> ends() {
            List<Label> ends = new ArrayList<>();
            for (int set = 1; set < sets; set++) {
                if (limit.stages() == 0 || Integer.bitCount(set) == limit.stages()) {
                    ends.addAll(bySet.get(set).get(layers));
                }
            }
            return ends;
        }

        /** Adds the ways that end with a stage of one device up to layer j. */
        private void extend(int set, int device, int j) {
            List<List<Label>> before = bySet.get(set & ~(1 << device));
            List<Label> into = bySet.get(set).get(j);
            for (int i = j - 1; i >= 0 && problem.allowed[device][i]; i--) {
                List<Label> labels = before.get(i);
                if (labels.isEmpty()) {
                    continue;
                }
                boolean fits = false;
                for (StageOption option : options.get(device).of(i, j)) {
                    if (option.use().seconds() <= limit.stage()) {
                        fits = true;
                        for (Label label : labels) {
                            offer(set, device, i, j, label, option, into);
                        }
                    }
                }
                if (!fits && i > 1) {
                    i = 1; // more layers take more, but that a tied head is smaller where the embedding is
                }
            }
        }

        private void offer(int set, int device, int i, int j, Label label, StageOption option, List<Label> into) {
            double[] taken = label.taken.clone();
            for (int q = 0; q < taken.length; q++) {
                taken[q] += quantities.get(q).applyAsDouble(option.use());
            }
            int left = sets - 1 & ~set;
            LeastSum rest = limit.rest();
            if (rest != null && taken[0] + rest.rest(left, j) >= limit.sum()) {
                return;
            }
            int memory = taken.length - MEMORY.size();
            if (ofMemory
                    && disk().seconds(taken[memory], taken[memory + 1], taken[memory + 2], left, j) >= limit.sum()) {
                return;
            }
            for (Label known : into) {
                if (Label.dominates(known.taken, taken)) {
                    return;
                }
            }
            into.removeIf(known -> Label.dominates(taken, known.taken));
            into.add(new Label(label, device, i, option, taken));
        }
    }
}
