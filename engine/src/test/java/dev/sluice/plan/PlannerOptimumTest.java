package dev.sluice.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PlannerOptimumTest {
    private static final int CASES = 10_000;
    private static final long SEED = 20_261_122;

    @Test
    void isWhatTryingEverythingFinds() {
        int fitting = 0;
        int split = 0;
        int away = 0;
        int pipelined = 0;
        int hosted = 0;
        for (int n = 0; n < CASES; n++) {
            Problem problem = new RandomProblems(SEED + n).next();
            @Nullable Candidate found = new Solver(problem).solve();
            double expected = new BruteForce(problem).seconds();
            if (found == null) {
                assertEquals(Double.POSITIVE_INFINITY, expected, () -> problem(problem));
                continue;
            }
            assertEquals(expected, found.seconds(), 1e-9 * expected, () -> problem(problem));
            fitting++;
            split += found.chain().layouts().size() > 1 ? 1 : 0;
            pipelined += found.chain().microBatches() > 1 ? 1 : 0;
            hosted += found.chain().layouts().stream()
                            .anyMatch(layout -> layout.experts().contains(Residency.HOST))
                    ? 1
                    : 0;
            away += found.chain().uses().stream().anyMatch(use -> use.pool() > 0) ? 1 : 0;
        }
        // The cases are worth something only if all kinds of plans are among them.
        String kinds = fitting + " fit, " + split + " split, " + pipelined + " pipelined, " + away + " streamed, "
                + hosted + " with experts on the CPU";
        assertTrue(fitting > 4000 && split > 2000 && pipelined > 200 && away > 400 && hosted > 200, kinds);
    }

    private static String problem(Problem problem) {
        return problem.model + "\n" + problem.hardware + "\n" + problem.request;
    }
}
