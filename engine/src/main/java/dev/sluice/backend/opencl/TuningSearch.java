package dev.sluice.backend.opencl;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Looks for the fastest tuning of one thing: one parameter after another (coordinate descent), all values of a parameter
 * timed in turns, so that whatever else the machine does slows all of them alike. What replaces another is faster by a
 * margin, and in the end the winner must beat the default once more.
 */
final class TuningSearch {
    /** By how much the median of a candidate must be shorter. */
    static final double MARGIN = 0.03;

    private static final int SWEEPS = 2;

    /** What times tunings. */
    interface Bench {
        /** Gets tunings ready together, where that is quicker; one that cannot be made ready is no failure yet. */
        default void prepare(Collection<DeviceTuning> candidates) {}

        /** Whether a tuning can be made and computes what the default computes. */
        boolean admits(DeviceTuning candidate);

        /** Nanoseconds that a tuning takes, once. */
        double nanos(DeviceTuning candidate);

        /** How often each is timed. */
        int rounds();

        /** Others will not be asked for again soon. */
        default void keepOnly(Set<DeviceTuning> candidates) {}
    }

    /** Which values of a parameter are worth trying. */
    @FunctionalInterface
    interface Space {
        List<Integer> values(Knob knob, DeviceTuning present);
    }

    /**
     * What was found.
     *
     * @param tuning the fastest
     * @param values the parameters by which it differs from the default
     * @param speedUp how many times as fast as the default it was in the last comparison; 1 for the default
     */
    record Found(DeviceTuning tuning, Map<Knob, Integer> values, double speedUp) {}

    private final Bench bench;
    private final Space space;

    TuningSearch(Bench bench, Space space) {
        this.bench = bench;
        this.space = space;
    }

    /** The fastest tuning that differs from a default in some parameters only. */
    Found search(DeviceTuning start, List<Knob> knobs) {
        DeviceTuning best = start;
        for (int sweep = 0; sweep < SWEEPS; sweep++) {
            DeviceTuning before = best;
            for (Knob knob : knobs) {
                best = along(knob, best);
                bench.keepOnly(new LinkedHashSet<>(List.of(start, best)));
            }
            if (best.equals(before) || knobs.size() == 1) {
                break;
            }
        }
        if (best.equals(start)) {
            return new Found(start, Map.of(), 1);
        }
        double[] last = medians(List.of(start, best), 2 * bench.rounds());
        if (!beats(last[1], last[0])) {
            return new Found(start, Map.of(), 1);
        }
        Map<Knob, Integer> values = new LinkedHashMap<>();
        for (Knob knob : knobs) {
            if (knob.of(best) != knob.of(start)) {
                values.put(knob, knob.of(best));
            }
        }
        return new Found(best, values, last[0] / last[1]);
    }

    private DeviceTuning along(Knob knob, DeviceTuning present) {
        List<DeviceTuning> rivals = new ArrayList<>();
        for (int value : space.values(knob, present)) {
            if (value != knob.of(present)) {
                rivals.add(knob.with(present, value));
            }
        }
        bench.prepare(rivals);
        rivals.removeIf(rival -> !bench.admits(rival));
        if (rivals.isEmpty()) {
            return present;
        }
        rivals.addFirst(present);
        double[] medians = medians(rivals, bench.rounds());
        int fastest = 0;
        for (int i = 1; i < medians.length; i++) {
            fastest = medians[i] < medians[fastest] ? i : fastest;
        }
        return beats(medians[fastest], medians[0]) ? rivals.get(fastest) : present;
    }

    private static boolean beats(double median, double other) {
        return median < (1 - MARGIN) * other;
    }

    private double[] medians(List<DeviceTuning> all, int rounds) {
        double[][] times = new double[all.size()][rounds];
        all.forEach(bench::nanos); // the first time is not counted: memory is touched, the host's code compiled
        for (int round = 0; round < rounds; round++) {
            for (int i = 0; i < all.size(); i++) {
                times[i][round] = bench.nanos(all.get(i));
            }
        }
        double[] medians = new double[all.size()];
        for (int i = 0; i < medians.length; i++) {
            Arrays.sort(times[i]);
            medians[i] = times[i][rounds / 2];
        }
        return medians;
    }
}
