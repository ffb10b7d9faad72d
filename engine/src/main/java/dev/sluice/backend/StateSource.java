package dev.sluice.backend;

import org.jspecify.annotations.Nullable;

/** Finds what the sequences of a step keep in each of several layers. */
@FunctionalInterface
public interface StateSource {
    /**
     * The states of one layer, as {@link CompiledLayer#submit} takes them.
     *
     * @param layer index of the layer among those submitted together
     * @return valid until the next call
     */
    @Nullable
    LayerState[] of(int layer);
}
