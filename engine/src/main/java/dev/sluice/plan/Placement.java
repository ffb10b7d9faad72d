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
 * @param streamed what share of those weights comes to the device for each step: a part of 1 where slices of the head do
 * @param halved whether the CPU computes the feed-forward half of the layer, which is streamed, from host memory
 */
public record Placement(
        String layer,
        String device,
        Residency residency,
        @Nullable Residency experts,
        double streamed,
        boolean halved) {
    public Placement {
        if (residency == Residency.STREAMED ? streamed <= 0 || streamed > 1 : streamed != 0) {
            throw new IllegalArgumentException(layer + " is " + residency + " with " + streamed + " of it streamed");
        }
        if (halved && residency != Residency.STREAMED) {
            throw new IllegalArgumentException(layer + " is " + residency + " and halved");
        }
    }

    /** All weights of a layer in one place. */
    public static Placement of(String layer, String device, Residency residency) {
        return new Placement(layer, device, residency, null, residency == Residency.STREAMED ? 1 : 0, false);
    }
}
