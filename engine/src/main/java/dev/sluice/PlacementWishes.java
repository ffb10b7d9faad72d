package dev.sluice;

import dev.sluice.plan.Objective;
import dev.sluice.plan.PlaceRule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a user wants of the plan by which layers are placed on devices. The devices must have been measured ({@code sluice plan
 * --measure}).
 *
 * @param objective what the plan is to be best at
 * @param batch sequences decoded at once
 * @param gpuLayers so many blocks, the last, and the head behind them are resident on GPUs, the blocks before them are on the
 *     CPU; null leaves the choice to the plan
 * @param places layers that are given a place
 */
public record PlacementWishes(
        Objective objective, int batch, @Nullable Integer gpuLayers, List<PlaceRule> places) {
    public PlacementWishes {
        places = List.copyOf(places);
        if (batch < 1 || (gpuLayers != null && gpuLayers < 0)) {
            throw new IllegalArgumentException("batch " + batch + ", gpuLayers " + gpuLayers);
        }
    }
}
