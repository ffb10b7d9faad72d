package dev.sluice.plan;

import org.jspecify.annotations.Nullable;

/**
 * Where one layer is computed.
 *
 * @param layer the layer's name in the graph
 * @param device id of the device that computes it
 * @param residency where its weights lie; of a mixture of experts, those that every token needs
 * @param experts where the experts' weights lie, if the layer has experts: {@link Residency#HOST} on a device with
 *     memory of its own means that the CPU computes them
 * @param halved whether the CPU computes the feed-forward half of the layer, which is streamed, from host memory
 */
public record Placement(
        String layer,
        String device,
        Residency residency,
        @Nullable Residency experts,
        boolean halved) {
    public Placement {
        if (halved && residency != Residency.STREAMED) {
            throw new IllegalArgumentException(layer + " is " + residency + " and halved");
        }
    }
}
