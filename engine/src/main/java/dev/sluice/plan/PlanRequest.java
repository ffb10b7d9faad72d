package dev.sluice.plan;

import dev.sluice.backend.KvType;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a plan is wanted for, and what it must keep to.
 *
 * @param objective what the plan is to be best at
 * @param batch sequences decoded at once; 0 takes the number with the most tokens per second
 * @param context tokens of a sequence for which KV caches are reserved; 0 takes the model's own, at most 4096
 * @param depth tokens in the context for which decode speed is predicted; negative takes half of the context
 * @param kv number format of the KV caches
 * @param promptTokens the most tokens of a prompt that one step takes
 * @param slots staging slots of a device that layers are streamed to
 * @param hostShare of how many streamed layers the CPU computes the feed-forward half; 0: of none; null leaves the choice to the
 *     planner
 * @param devices ids of the devices that may be used; empty: all
 * @param gpuLayers so many blocks, the last, and the head behind them are resident on GPUs, the blocks before them are on
 *     the CPU; as many as there are or more means all, 0 none; null leaves the choice to the planner
 * @param places layers that the user has given a place
 * @param memory the most bytes to take of a device, by its id; {@code *} stands for each
 */
public record PlanRequest(
        Objective objective,
        int batch,
        int context,
        int depth,
        KvType kv,
        int promptTokens,
        int slots,
        @Nullable Integer hostShare,
        List<String> devices,
        @Nullable Integer gpuLayers,
        List<PlaceRule> places,
        Map<String, Long> memory) {
    /** One sequence, as fast as can be. */
    public static final PlanRequest DEFAULT = new PlanRequest(
            Objective.LATENCY, 1, 0, -1, KvType.F16, 512, 3, null, List.of(), null, List.of(), Map.of());

    /** The key of {@link #memory} that stands for each device. */
    public static final String EACH = "*";

    public PlanRequest {
        devices = List.copyOf(devices);
        places = List.copyOf(places);
        memory = Map.copyOf(memory);
        Checks.notNegative("batch", batch);
        Checks.notNegative("context", context);
        Checks.positive("promptTokens", promptTokens);
        if (hostShare != null) {
            Checks.notNegative("hostShare", hostShare);
        }
        Checks.require(slots >= 2, "slots must be 2 or more, one to copy into and one to compute from, not " + slots);
    }

    public PlanRequest withObjective(Objective value) {
        return new PlanRequest(
                value, batch, context, depth, kv, promptTokens, slots, hostShare, devices, gpuLayers, places, memory);
    }

    public PlanRequest withBatch(int value) {
        return new PlanRequest(
                objective,
                value,
                context,
                depth,
                kv,
                promptTokens,
                slots,
                hostShare,
                devices,
                gpuLayers,
                places,
                memory);
    }

    public PlanRequest withContext(int value) {
        return new PlanRequest(
                objective, batch, value, depth, kv, promptTokens, slots, hostShare, devices, gpuLayers, places, memory);
    }

    public PlanRequest withDepth(int value) {
        return new PlanRequest(
                objective,
                batch,
                context,
                value,
                kv,
                promptTokens,
                slots,
                hostShare,
                devices,
                gpuLayers,
                places,
                memory);
    }

    public PlanRequest withKv(KvType value) {
        return new PlanRequest(
                objective,
                batch,
                context,
                depth,
                value,
                promptTokens,
                slots,
                hostShare,
                devices,
                gpuLayers,
                places,
                memory);
    }

    public PlanRequest withPromptTokens(int value) {
        return new PlanRequest(
                objective, batch, context, depth, kv, value, slots, hostShare, devices, gpuLayers, places, memory);
    }

    public PlanRequest withSlots(int value) {
        return new PlanRequest(
                objective,
                batch,
                context,
                depth,
                kv,
                promptTokens,
                value,
                hostShare,
                devices,
                gpuLayers,
                places,
                memory);
    }

    public PlanRequest withHostShare(@Nullable Integer value) {
        return new PlanRequest(
                objective, batch, context, depth, kv, promptTokens, slots, value, devices, gpuLayers, places, memory);
    }

    public PlanRequest withDevices(List<String> value) {
        return new PlanRequest(
                objective, batch, context, depth, kv, promptTokens, slots, hostShare, value, gpuLayers, places, memory);
    }

    public PlanRequest withGpuLayers(@Nullable Integer value) {
        return new PlanRequest(
                objective, batch, context, depth, kv, promptTokens, slots, hostShare, devices, value, places, memory);
    }

    public PlanRequest withPlaces(List<PlaceRule> value) {
        return new PlanRequest(
                objective,
                batch,
                context,
                depth,
                kv,
                promptTokens,
                slots,
                hostShare,
                devices,
                gpuLayers,
                value,
                memory);
    }

    public PlanRequest withMemory(Map<String, Long> value) {
        return new PlanRequest(
                objective,
                batch,
                context,
                depth,
                kv,
                promptTokens,
                slots,
                hostShare,
                devices,
                gpuLayers,
                places,
                value);
    }
}
