package dev.sluice.runtime;

import dev.sluice.backend.CompiledLayer;
import dev.sluice.backend.LayerState;
import dev.sluice.backend.StateSource;
import dev.sluice.backend.StreamedLayer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is submitted to a device together: resident layers, or a streamed one, or one half of that.
 *
 * @param from number of the first among the part's layers
 * @param streamed the only layer, if it is a streamed one
 * @param onHost the same on the processor, for steps in which that computes it; keeps no state
 */
record Run(
        int from,
        List<CompiledLayer> layers,
        @Nullable StreamedLayer streamed,
        @Nullable CompiledLayer onHost) {
    static final @Nullable LayerState[] NO_STATES = {};

    Run {
        layers = List.copyOf(layers);
    }

    /** What finds the states of these layers, from what finds those of all layers of the part. */
    StateSource states(StateSource all) {
        if (onHost != null) {
            return layer -> NO_STATES;
        }
        return from == 0 ? all : layer -> all.of(from + layer);
    }

    /** What consecutive layers are submitted in. */
    static List<Run> of(List<PartLayers.Unit> units) {
        List<Run> runs = new ArrayList<>();
        List<CompiledLayer> resident = new ArrayList<>();
        int first = 0;
        for (PartLayers.Unit unit : units) {
            if (unit.compiled() instanceof StreamedLayer streamed) {
                if (!resident.isEmpty()) {
                    runs.add(new Run(first, resident, null, null));
                    resident.clear();
                }
                runs.add(new Run(unit.layer(), List.of(streamed), streamed, unit.onHost()));
            } else {
                first = resident.isEmpty() ? unit.layer() : first;
                resident.add(unit.compiled());
            }
        }
        if (!resident.isEmpty()) {
            runs.add(new Run(first, resident, null, null));
        }
        return List.copyOf(runs);
    }
}
