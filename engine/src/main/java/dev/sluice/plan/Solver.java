package dev.sluice.plan;

import org.jspecify.annotations.Nullable;

/** The best chain over all batches and numbers of micro-batches that the objective leaves open. */
final class Solver {
    private static final int MOST_SEQUENCES = 1024;

    private final Problem problem;

    Solver(Problem problem) {
        this.problem = problem;
    }

    /** The best there is; null if the model fits nowhere. */
    @Nullable
    Candidate solve() {
        if (problem.request.batch() > 0) {
            return solve(problem.request.batch());
        }
        Candidate best = null;
        for (int batch = 1; batch <= MOST_SEQUENCES; batch *= 2) {
            Candidate candidate = solve(batch);
            if (candidate == null) {
                break; // more sequences take more memory
            }
            if (best == null || candidate.rate() > best.rate()) {
                best = candidate;
            }
        }
        return best;
    }

    private @Nullable Candidate solve(int batch) {
        Candidate best = candidate(batch, search(batch, 1).shortest());
        if (problem.request.objective() == Objective.LATENCY) {
            return best;
        }
        int devices = problem.hardware.devices().size();
        for (int stages = 2; stages <= Math.min(devices, batch); stages++) {
            // Only what beats the best so far by more than rounding is of interest; where nothing fits, parts of the
            // batch may, as they use fewer experts at once.
            double limit = best == null ? Double.POSITIVE_INFINITY : best.seconds() / stages * (1 - 1e-12);
            Candidate other = candidate(batch, search(batch, stages).pipelined(stages, limit));
            if (other != null && (best == null || other.rate() > best.rate())) {
                best = other;
            }
        }
        return best;
    }

    private Search search(int batch, int microBatches) {
        return new Search(problem, Load.decode(Math.ceilDiv(batch, microBatches), problem.depth), batch);
    }

    private @Nullable Candidate candidate(int batch, @Nullable Chain chain) {
        return chain == null ? null : new Candidate(batch, chain, chain.seconds(problem.hardware.host()));
    }
}
