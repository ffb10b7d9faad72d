package dev.sluice.plan;

import java.util.ArrayList;
import java.util.List;

/** Writes the best chain down as a plan: shares the CPU's rows out, names places, adds up bytes and times. */
final class Assembly {
    private static final int SHARES = 64;

    private final Problem problem;
    private final Candidate best;
    private final List<StageModel> models = new ArrayList<>();
    private final List<StageUse> uses = new ArrayList<>();
    private final List<Double> hostRows = new ArrayList<>();

    Assembly(Problem problem, Candidate best) {
        this.problem = problem;
        this.best = best;
        Load load = Load.decode(best.part(), problem.depth);
        for (StageLayout layout : best.chain().layouts()) {
            StageModel model = new StageModel(problem, layout.device(), load, best.batch());
            models.add(model);
            StageUse use = use(model, layout);
            uses.add(use);
            hostRows.add(0.0);
        }
        if (problem.request.hostRows() && problem.cpu >= 0 && best.chain().microBatches() == 1) {
            shareRows();
        }
    }

    private StageUse use(StageModel model, StageLayout layout) {
        StageUse use = model.use(layout.from(), layout.to(), layout.away(model, problem.model));
        if (use == null) {
            throw new IllegalStateException("the plan's own stage does not fit: " + layout);
        }
        return use;
    }

    /** While one stage computes the CPU has nothing else to do: it takes rows of streamed layers, which then need no copy. */
    private void shareRows() {
        for (int s = 0; s < uses.size(); s++) {
            List<Integer> streamed = best.chain().layouts().get(s).streamed();
            if (streamed.isEmpty() || models.get(s).device.onProcessor()) {
                continue;
            }
            StageUse whole = uses.get(s);
            for (int k = 1; k <= SHARES; k++) {
                StageUse shared = models.get(s).shared(whole, streamed, (double) k / SHARES);
                if (shared.seconds() < uses.get(s).seconds()) {
                    uses.set(s, shared);
                    hostRows.set(s, (double) k / SHARES);
                }
            }
        }
    }

    Plan plan() {
        Chain chain = new Chain(best.chain().microBatches(), best.chain().layouts(), uses);
        return new Plan(
                problem.model.name(),
                problem.request.objective(),
                best.batch(),
                chain.microBatches(),
                problem.context,
                problem.depth,
                problem.request.kv(),
                problem.request.slots(),
                placements(),
                stages(),
                memory(),
                speed(chain, models, best.batch()),
                prefill(),
                List.of());
    }

    private List<Placement> placements() {
        List<Placement> placements = new ArrayList<>();
        for (int s = 0; s < uses.size(); s++) {
            StageLayout layout = best.chain().layouts().get(s);
            DeviceProfile device = models.get(s).device;
            for (int k = 0; k < layout.dense().size(); k++) {
                LayerShape layer = problem.model.layers().get(layout.from() + k);
                Residency dense = layout.dense().get(k);
                Residency experts =
                        layer.experts() == null ? null : layout.experts().get(k);
                placements.add(new Placement(
                        layer.name(),
                        device.id(),
                        inPlace(dense, device),
                        experts == null ? null : inPlace(experts, device),
                        dense == Residency.STREAMED ? hostRows.get(s) : 0));
            }
        }
        return placements;
    }

    private static Residency inPlace(Residency residency, DeviceProfile device) {
        return residency == Residency.RESIDENT && device.hostMemory() ? Residency.HOST : residency;
    }

    private List<Stage> stages() {
        List<Stage> stages = new ArrayList<>();
        for (int s = 0; s < uses.size(); s++) {
            StageLayout layout = best.chain().layouts().get(s);
            StageUse use = uses.get(s);
            stages.add(new Stage(
                    models.get(s).device.id(),
                    layout.from(),
                    layout.to(),
                    use.compute(),
                    use.copy(),
                    use.hostTime(),
                    use.hop()));
        }
        return stages;
    }

    private List<DeviceBytes> memory() {
        List<DeviceBytes> memory = new ArrayList<>();
        long pool = 0;
        long pinned = 0;
        for (int s = 0; s < uses.size(); s++) {
            StageLayout layout = best.chain().layouts().get(s);
            Away away = layout.away(models.get(s), problem.model);
            DeviceBytes bytes = models.get(s).bytes(layout.from(), layout.to(), away);
            memory.add(bytes);
            pool += away.bytes();
            pinned += models.get(s).device.hostMemory() ? 0 : bytes.staging();
        }
        if (pool > 0) {
            memory.add(new DeviceBytes(
                    "host", pool, 0, 0, pinned, 0, problem.hardware.host().memoryBytes()));
        }
        return memory;
    }

    private Speed prefill() {
        int tokens = Math.min(problem.request.promptTokens(), problem.context);
        Load load = Load.prompt(tokens);
        List<StageModel> prompt = new ArrayList<>();
        List<StageUse> promptUses = new ArrayList<>();
        for (StageLayout layout : best.chain().layouts()) {
            StageModel model = new StageModel(problem, layout.device(), load, best.batch());
            prompt.add(model);
            promptUses.add(model.useAnyway(layout.from(), layout.to(), layout.away(model, problem.model)));
        }
        // Pieces of a long prompt follow each other through the stages only where the plan parts its batch.
        Chain chain = new Chain(best.chain().microBatches(), best.chain().layouts(), promptUses);
        return speed(chain, prompt, chain.microBatches() * tokens);
    }

    private Speed speed(Chain chain, List<StageModel> under, int tokens) {
        HostProfile host = problem.hardware.host();
        double seconds = chain.seconds(host);
        return new Speed(tokens / seconds, seconds, new Bounds(problem, chain, under).bottleneck());
    }
}
