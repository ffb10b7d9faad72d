package dev.sluice.plan;

import java.util.ArrayList;
import java.util.List;

/** Writes the best chain down as a plan: leaves halves of layers to the CPU, names places, adds up bytes and times. */
final class Assembly {
    private final Problem problem;
    private final Candidate best;
    private final List<StageLayout> layouts;
    private final List<StageModel> models = new ArrayList<>();
    private final List<StageUse> uses = new ArrayList<>();

    Assembly(Problem problem, Candidate best) {
        this.problem = problem;
        this.best = best;
        List<StageLayout> found = best.chain().layouts();
        Load load = Load.decode(best.part(), problem.depth);
        for (StageLayout layout : found) {
            models.add(new StageModel(problem, layout.device(), load, best.batch()));
        }
        layouts = problem.cpu >= 0 && best.chain().microBatches() == 1
                ? HalvesOnCpu.choose(problem, models, found)
                : found;
        for (int s = 0; s < layouts.size(); s++) {
            uses.add(use(models.get(s), layouts.get(s)));
        }
    }

    private StageUse use(StageModel model, StageLayout layout) {
        StageUse use = model.use(layout.from(), layout.to(), layout.away(model, problem.model));
        if (use == null) {
            throw new IllegalStateException("the plan's own stage does not fit: " + layout);
        }
        return use;
    }

    Plan plan() {
        Chain chain = new Chain(best.chain().microBatches(), layouts, uses);
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
                Chain.diskBytes(uses, problem.hardware.host()),
                speed(chain, models, best.batch()),
                prefill(),
                List.of());
    }

    private List<Placement> placements() {
        List<Placement> placements = new ArrayList<>();
        for (int s = 0; s < uses.size(); s++) {
            StageLayout layout = layouts.get(s);
            DeviceProfile device = models.get(s).device;
            for (int k = 0; k < layout.dense().size(); k++) {
                LayerShape layer = problem.model.layers().get(layout.from() + k);
                Residency dense = layout.dense().get(k);
                Residency experts =
                        layer.experts() == null ? null : layout.experts().get(k);
                int parts = models.get(s).parts(layout.from() + k);
                placements.add(new Placement(
                        layer.name(),
                        device.id(),
                        inPlace(dense, device),
                        experts == null ? null : inPlace(experts, device),
                        dense == Residency.STREAMED ? layout.streamed(k) / (double) parts : 0,
                        layout.halved().contains(layout.from() + k)));
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
            StageLayout layout = layouts.get(s);
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
            StageLayout layout = layouts.get(s);
            Away away = layout.away(models.get(s), problem.model);
            DeviceBytes bytes = models.get(s).bytes(layout.from(), layout.to(), away);
            memory.add(bytes);
            pool += away.bytes();
            pinned += models.get(s).device.hostMemory() ? 0 : bytes.staging();
        }
        DeviceBytes onCpu = HalvesOnCpu.bytes(problem, models, layouts);
        if (onCpu != null) {
            memory.removeIf(bytes -> bytes.device().equals(onCpu.device()));
            memory.add(onCpu);
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
        // A prompt has more rows than the CPU is to compute for others.
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
