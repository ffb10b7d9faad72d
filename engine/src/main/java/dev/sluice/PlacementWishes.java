package dev.sluice;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a user wants of the plan by which layers are placed on devices. The devices must have been measured ({@code sluice plan
 * --measure}).
 *
 * @param throughput whether the most tokens per second of all sequences are wanted, and not the shortest step
 * @param batch sequences decoded at once
 * @param gpuLayers so many blocks, the last, and the head behind them are resident on GPUs, the blocks before them are on the
 *     CPU; null leaves the choice to the plan
 * @param places layers that are given a place: {@code block [0-9]$=opencl:0}, an expression that their names match and a
 *     device's id
 */
public record PlacementWishes(
        boolean throughput, int batch, @Nullable Integer gpuLayers, List<String> places) {
    public PlacementWishes {
        places = List.copyOf(places);
        if (batch < 1 || (gpuLayers != null && gpuLayers < 0)) {
            throw new IllegalArgumentException("batch " + batch + ", gpuLayers " + gpuLayers);
        }
    }
}
