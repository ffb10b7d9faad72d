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
 * @param hostRows fraction of the rows of a streamed layer that the CPU computes from host memory meanwhile, 0 to 1
 */
public record Placement(
        String layer,
        String device,
        Residency residency,
        @Nullable Residency experts,
        double hostRows) {
    public Placement {
        if (!(hostRows >= 0 && hostRows <= 1)) {
            throw new IllegalArgumentException("hostRows " + hostRows);
        }
    }
}
