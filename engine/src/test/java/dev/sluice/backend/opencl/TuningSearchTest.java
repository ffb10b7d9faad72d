package dev.sluice.backend.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;

/** The search on a clock that the tests set. */
class TuningSearchTest {
    private static final DeviceTuning START =
            DeviceTuning.wide(Objects.requireNonNull(AbsentGpus.all().get("intel")), VectorDot.NONE);
    private static final List<Knob> KNOBS = List.of(Knob.AHEAD, Knob.TOKENS, Knob.GROUPS_PER_UNIT);

    /** Takes as long as a function says, times what the machine does meanwhile. */
    private static final class FakeBench implements TuningSearch.Bench {
        private final ToDoubleFunction<DeviceTuning> nanos;
        private final Predicate<DeviceTuning> right;
        private final List<DeviceTuning> timed = new ArrayList<>();
        private Set<DeviceTuning> kept = Set.of();

        FakeBench(ToDoubleFunction<DeviceTuning> nanos, Predicate<DeviceTuning> right) {
            this.nanos = nanos;
            this.right = right;
        }

        @Override
        public boolean admits(DeviceTuning candidate) {
            return right.test(candidate);
        }

        @Override
        public double nanos(DeviceTuning candidate) {
            timed.add(candidate);
            // Every seventh time something else runs.
            return nanos.applyAsDouble(candidate) * (timed.size() % 7 == 0 ? 3 : 1);
        }

        @Override
        public int rounds() {
            return 5;
        }

        @Override
        public void keepOnly(Set<DeviceTuning> candidates) {
            kept = candidates;
        }
    }

    private static TuningSearch.Found search(FakeBench bench) {
        return new TuningSearch(bench, (knob, present) -> knob.candidates()).search(START, KNOBS);
    }

    private static double distance(int value, int best) {
        return Math.abs(Math.log((value + 1.0) / (best + 1)));
    }

    private static double cost(DeviceTuning tuning) {
        return 1000
                * (1
                        + distance(tuning.vectors().ahead(), 2048)
                        + distance(tuning.tokens(), 8)
                        + distance(tuning.groupsPerUnit(), 16));
    }

    @Test
    void findsTheFastestOfAllParametersThroughDisturbances() {
        FakeBench bench = new FakeBench(TuningSearchTest::cost, t -> true);
        TuningSearch.Found found = search(bench);
        assertEquals(Map.of(Knob.AHEAD, 2048, Knob.TOKENS, 8, Knob.GROUPS_PER_UNIT, 16), found.values());
        assertEquals(cost(START) / 1000, found.speedUp(), 1e-9);
        assertEquals(Set.of(START, found.tuning()), bench.kept);
    }

    @Test
    void whatIsFasterByLessThanTheMarginDoesNotReplaceTheDefault() {
        double slightly = 1 - TuningSearch.MARGIN + 0.001;
        TuningSearch.Found found = search(new FakeBench(t -> t.tokens() == 8 ? 1000 * slightly : 1000, t -> true));
        assertEquals(new TuningSearch.Found(START, Map.of(), 1), found);
        double clearly = 1 - TuningSearch.MARGIN - 0.001;
        found = search(new FakeBench(t -> t.tokens() == 8 ? 1000 * clearly : 1000, t -> true));
        assertEquals(Map.of(Knob.TOKENS, 8), found.values());
    }

    @Test
    void aFastCandidateThatComputesSomethingElseIsNeverTimed() {
        FakeBench bench = new FakeBench(TuningSearchTest::cost, t -> t.tokens() != 8);
        TuningSearch.Found found = search(bench);
        assertTrue(bench.timed.stream().noneMatch(t -> t.tokens() == 8));
        assertEquals(2048, found.tuning().vectors().ahead());
        // The next best.
        assertEquals(6, found.tuning().tokens());
    }

    @Test
    void aSecondSweepFindsWhatDependsOnALaterParameter() {
        // Asking far ahead pays only with many groups.
        FakeBench bench = new FakeBench(
                t -> (t.groupsPerUnit() == 16 ? 500 : 1000)
                        - (t.groupsPerUnit() == 16 && t.vectors().ahead() == 8192 ? 100 : 0),
                t -> true);
        assertEquals(
                Map.of(Knob.AHEAD, 8192, Knob.GROUPS_PER_UNIT, 16),
                search(bench).values());
    }

    @Test
    void whatDoesNotRepeatItselfInTheEndIsNotTaken() {
        // Fast while it is one of many, slow in the duel.
        int[] times = new int[1];
        FakeBench bench = new FakeBench(t -> t.tokens() == 8 && times[0]++ < 12 ? 500 : 1000, t -> true);
        assertEquals(Map.of(), search(bench).values());
    }
}
