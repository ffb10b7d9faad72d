package dev.sluice.plan;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Of how many streamed layers the CPU is to compute the feed-forward half: those bytes need not cross the link then, but the device
 * waits for the CPU. The best number for a chain that is given; the layers lie as far apart as they can.
 */
final class HalvesOnCpu {
    private static final double LEAST_GAIN = 1e-9;

    private final Problem problem;
    private final List<StageModel> models;
    private final List<StageLayout> layouts;

    private HalvesOnCpu(Problem problem, List<StageModel> models, List<StageLayout> layouts) {
        this.problem = problem;
        this.models = models;
        this.layouts = new ArrayList<>(layouts);
    }

    /**
     * Chooses for the stages of a chain whose parts follow one another: while a device waits the CPU has nothing else to do.
     *
     * @param models of the stages
     * @return the stages with their halved layers
     */
    static List<StageLayout> choose(Problem problem, List<StageModel> models, List<StageLayout> layouts) {
        HalvesOnCpu halves = new HalvesOnCpu(problem, models, layouts);
        Integer wanted = problem.request.hostShare();
        if (wanted != null) {
            halves.share(wanted);
        } else {
            for (int s = 0; s < layouts.size(); s++) {
                halves.shareBest(s);
            }
        }
        return halves.layouts;
    }

    /** Where a layer is. */
    private record Place(int stage, int layer) {}

    private void share(int wanted) {
        List<Place> all = new ArrayList<>();
        for (int s = 0; s < layouts.size(); s++) {
            for (int layer : candidates(s)) {
                all.add(new Place(s, layer));
            }
        }
        int count = Math.min(wanted, all.size());
        share(StreamChoice.spread(all, count));
        while (count > 0 && !fits()) {
            share(StreamChoice.spread(all, --count));
        }
    }

    private void share(Set<Place> chosen) {
        for (int s = 0; s < layouts.size(); s++) {
            Set<Integer> own = new HashSet<>();
            for (Place place : chosen) {
                if (place.stage() == s) {
                    own.add(place.layer());
                }
            }
            layouts.set(s, layouts.get(s).withHalved(own));
        }
    }

    private void shareBest(int s) {
        List<Integer> candidates = candidates(s);
        StageLayout whole = layouts.get(s);
        StageLayout best = whole;
        double least = seconds() * (1 - LEAST_GAIN);
        for (int count = 1; count <= candidates.size(); count++) {
            layouts.set(s, whole.withHalved(StreamChoice.spread(candidates, count)));
            double seconds = seconds();
            if (seconds < least && fits()) {
                least = seconds;
                best = layouts.get(s);
            }
        }
        layouts.set(s, best);
    }

    private List<Integer> candidates(int s) {
        return layouts.get(s).streamed().stream()
                .filter(models.get(s)::canHalve)
                .toList();
    }

    private double seconds() {
        List<StageUse> uses = new ArrayList<>();
        for (int s = 0; s < layouts.size(); s++) {
            StageLayout layout = layouts.get(s);
            uses.add(models.get(s).useAnyway(layout.from(), layout.to(), layout.away(models.get(s), problem.model)));
        }
        return Chain.interval(uses, false, problem.hardware.host());
    }

    /** Whether the CPU has room for its copies beside a stage of its own, and the host for all. */
    private boolean fits() {
        if (Double.isInfinite(seconds())) {
            return false;
        }
        DeviceBytes bytes = bytes(problem, models, layouts);
        return bytes == null || bytes.total() <= bytes.budget();
    }

    /** What the CPU holds with its copies of halves, and its own stage if it has one; null if it has no copies. */
    static @Nullable DeviceBytes bytes(Problem problem, List<StageModel> models, List<StageLayout> layouts) {
        long copied = 0;
        long scratch = 0;
        DeviceBytes own = null;
        for (int s = 0; s < layouts.size(); s++) {
            StageLayout layout = layouts.get(s);
            Away away = layout.away(models.get(s), problem.model);
            copied += away.copied();
            for (int layer : layout.halved()) {
                scratch = Math.max(scratch, problem.model.layers().get(layer).scratchWidth());
            }
            if (layout.device() == problem.cpu) {
                own = models.get(s).bytes(layout.from(), layout.to(), away);
            }
        }
        if (copied == 0) {
            return null;
        }
        DeviceProfile cpu = problem.hardware.devices().get(problem.cpu);
        long batch = Math.max(1, problem.request.batch());
        long rows = Math.max(problem.request.promptTokens(), batch);
        long activations = Float.BYTES * batch * problem.model.embedding();
        long workspace = Float.BYTES * rows * scratch;
        return own == null
                ? new DeviceBytes(cpu.id(), copied, 0, activations, 0, workspace, cpu.memoryBytes())
                : new DeviceBytes(
                        own.device(),
                        own.weights() + copied,
                        own.kv(),
                        own.activations() + activations,
                        own.staging(),
                        Math.max(own.workspace(), workspace),
                        own.budget());
    }
}
