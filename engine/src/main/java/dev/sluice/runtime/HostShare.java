package dev.sluice.runtime;

import dev.sluice.backend.Device;
import java.util.Set;

/**
 * Streamed layers whose feed-forward half ({@link dev.sluice.graph.Halves}) the processor computes in steps of few rows, from the
 * host's memory: so much less crosses the link in these. In steps of more rows, as of prompts, the device has all of the layer.
 *
 * @param cpu a device that computes where the host's memory is
 * @param layers which of the device's layers, its first being 0
 * @param rows of a step at most, all sequences together
 */
public record HostShare(Device cpu, Set<Integer> layers, int rows) {
    public HostShare {
        layers = Set.copyOf(layers);
        if (layers.isEmpty() || rows < 1) {
            throw new IllegalArgumentException(layers + " for up to " + rows + " rows");
        }
    }
}
