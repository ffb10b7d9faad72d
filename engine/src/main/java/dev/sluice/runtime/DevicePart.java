package dev.sluice.runtime;

import dev.sluice.backend.CompiledLayer;
import dev.sluice.backend.Device;
import java.util.List;

/**
 * Consecutive layers on one device.
 *
 * @param from number of the first among all layers
 */
record DevicePart(Device device, int from, List<CompiledLayer> layers) {
    /** All but the head, where the head is the last. */
    List<CompiledLayer> withoutLast() {
        return layers.subList(0, layers.size() - 1);
    }
}
