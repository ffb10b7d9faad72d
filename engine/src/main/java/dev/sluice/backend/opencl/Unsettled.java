package dev.sluice.backend.opencl;

import dev.sluice.backend.CompiledLayer;
import dev.sluice.backend.DeviceMemory;
import dev.sluice.backend.LayerState;
import dev.sluice.backend.StateSource;
import dev.sluice.backend.Step;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Work that was queued and is not known to be done: a step of one token, or a copy to the host. It may have to be queued again,
 * because work-groups before it or in it may not have met. Objects are used again, so that steps allocate nothing.
 */
final class Unsettled implements StateSource {
    private final Step step = Step.forParts(1);
    private @Nullable OpenClReadBack readBack;
    private @Nullable List<CompiledLayer> layers;
    private @Nullable DeviceMemory in;
    private @Nullable DeviceMemory between;
    private @Nullable DeviceMemory out;
    private @Nullable LayerState[] states = {};
    private final @Nullable LayerState[] state = {null};
    private boolean timed;

    Unsettled copy(OpenClReadBack copied) {
        readBack = copied;
        timed = false;
        return this;
    }

    /** {@code isTimed}: whether there was another way to go. */
    Unsettled step(
            List<CompiledLayer> through,
            Step taken,
            DeviceMemory from,
            DeviceMemory via,
            DeviceMemory to,
            StateSource source,
            boolean isTimed) {
        readBack = null;
        step.clear().add(taken.position(0), 1, taken.outputRows());
        layers = through;
        in = from;
        between = via;
        out = to;
        if (states.length < through.size()) {
            states = new LayerState[through.size()];
        }
        for (int i = 0; i < through.size(); i++) {
            @Nullable LayerState[] all = source.of(i);
            states[i] = all.length == 0 ? null : all[0];
        }
        timed = isTimed;
        return this;
    }

    boolean isCopy(OpenClReadBack copied) {
        return readBack == copied;
    }

    /** The copy, if it is one. */
    @Nullable
    OpenClReadBack readBack() {
        return readBack;
    }

    boolean timed() {
        return timed;
    }

    List<CompiledLayer> layers() {
        return present(layers);
    }

    Step step() {
        return step;
    }

    DeviceMemory in() {
        return present(in);
    }

    DeviceMemory between() {
        return present(between);
    }

    DeviceMemory out() {
        return present(out);
    }

    @Override
    public @Nullable LayerState[] of(int layer) {
        state[0] = states[layer];
        return state;
    }

    private static <T> T present(@Nullable T value) {
        if (value == null) {
            throw new IllegalStateException("this is a copy, not a step");
        }
        return value;
    }
}
