package dev.sluice.plan;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Tries every order of every set of devices, every division of the layers and every place of every weight. */
final class BruteForce {
    private final Problem problem;
    private final HostProfile host;
    private final int layers;
    private List<StageModel> models = List.of();
    private final Map<List<Integer>, Set<StageUse>> known = new HashMap<>();
    private int microBatches;
    private double best = Double.POSITIVE_INFINITY;

    BruteForce(Problem problem) {
        this.problem = problem;
        host = problem.hardware.host();
        layers = problem.model.layers().size();
    }

    /** The least seconds between two steps of the whole batch; infinite if the model fits nowhere. */
    double seconds() {
        int batch = problem.request.batch();
        int devices = problem.hardware.devices().size();
        int most = problem.request.objective() == Objective.LATENCY ? 1 : Math.min(devices, batch);
        for (microBatches = 1; microBatches <= most; microBatches++) {
            models = new ArrayList<>();
            Load load = Load.decode(Math.ceilDiv(batch, microBatches), problem.depth);
            for (int d = 0; d < devices; d++) {
                models.add(new StageModel(problem, d, load, batch));
            }
            known.clear();
            next(0, 0, new ArrayList<>());
        }
        return best;
    }

    private void next(int used, int from, List<StageUse> uses) {
        if (from == layers) {
            if (microBatches == 1 || uses.size() == microBatches) {
                best = Math.min(best, microBatches * Chain.interval(uses, microBatches > 1, host));
            }
            return;
        }
        for (int d = 0; d < models.size(); d++) {
            if ((used & 1 << d) != 0) {
                continue;
            }
            for (int to = from + 1; to <= layers && problem.allowed[d][to - 1]; to++) {
                for (StageUse use : ways(d, from, to)) {
                    uses.add(use);
                    next(used | 1 << d, to, uses);
                    uses.removeLast();
                }
            }
        }
    }

    private Set<StageUse> ways(int d, int from, int to) {
        return known.computeIfAbsent(List.of(d, from, to), _ -> {
            Set<StageUse> ways = new LinkedHashSet<>();
            place(d, from, to, new ArrayList<>(), new ArrayList<>(), ways);
            return ways;
        });
    }

    private void place(int d, int from, int to, List<Residency> dense, List<Residency> experts, Set<StageUse> into) {
        StageModel model = models.get(d);
        if (dense.size() < to - from) {
            int i = from + dense.size();
            for (Residency own : Residency.values()) {
                if (own == Residency.HOST || (own == Residency.STREAMED && !model.canStream(from, i))) {
                    continue;
                }
                for (Residency of : Residency.values()) {
                    if (mayBe(model, i, of)) {
                        dense.add(own);
                        experts.add(of);
                        place(d, from, to, dense, experts, into);
                        dense.removeLast();
                        experts.removeLast();
                    }
                }
            }
            return;
        }
        int ofLast = dense.getLast() == Residency.STREAMED ? model.parts(to - 1) : 0;
        StageLayout layout = new StageLayout(d, from, dense, experts, ofLast);
        StageUse use = model.use(from, to, layout.away(model, problem.model));
        if (use != null) {
            into.add(use);
        }
    }

    private boolean mayBe(StageModel model, int i, Residency experts) {
        boolean has = problem.model.layers().get(i).experts() != null;
        return switch (experts) {
            case RESIDENT -> true;
            case STREAMED -> has && model.canStreamExperts(i);
            case HOST -> has && model.canHostExperts(i);
        };
    }
}
