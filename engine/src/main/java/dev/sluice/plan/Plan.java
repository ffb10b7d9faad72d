package dev.sluice.plan;

import dev.sluice.backend.KvType;
import java.util.List;

/**
 * Which device computes which layer from where, what that takes and how fast it will be. Times are predictions from
 * {@link DeviceProfile}s.
 *
 * @param model the model's name
 * @param objective what the plan is best at
 * @param batch sequences that are decoded at once
 * @param microBatches parts of the batch that follow each other through the stages; 1: all go together
 * @param context the most tokens of a sequence, for which KV caches are reserved
 * @param depth tokens in the context at which decode speed is predicted
 * @param kv number format of the KV caches
 * @param slots staging slots of a device that layers are streamed to
 * @param layers for each layer of the graph its place, in the graph's order
 * @param stages runs of consecutive layers on one device, in the same order; a device computes one at most
 * @param memory for each device of a stage what it holds, and for {@code host} what else lies there
 * @param fromDisk bytes of these weights that the host's memory has no room for: they are read when they are computed with
 * @param decode predicted speed of generation
 * @param prefill predicted speed of a long prompt
 * @param lifts what better hardware would give, the best first
 */
public record Plan(
        String model,
        Objective objective,
        int batch,
        int microBatches,
        int context,
        int depth,
        KvType kv,
        int slots,
        List<Placement> layers,
        List<Stage> stages,
        List<DeviceBytes> memory,
        long fromDisk,
        Speed decode,
        Speed prefill,
        List<Lift> lifts) {
    public Plan {
        layers = List.copyOf(layers);
        stages = List.copyOf(stages);
        memory = List.copyOf(memory);
        lifts = List.copyOf(lifts);
    }

    /** Of how many layers the CPU computes the feed-forward half. */
    public int halved() {
        return (int) layers.stream().filter(Placement::halved).count();
    }

    /** The same plan with other lifts. */
    Plan withLifts(List<Lift> value) {
        return new Plan(
                model,
                objective,
                batch,
                microBatches,
                context,
                depth,
                kv,
                slots,
                layers,
                stages,
                memory,
                fromDisk,
                decode,
                prefill,
                value);
    }
}
