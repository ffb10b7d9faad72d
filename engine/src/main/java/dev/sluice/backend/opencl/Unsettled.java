package dev.sluice.backend.opencl;

import dev.sluice.backend.LayerState;
import dev.sluice.backend.StateSource;
import dev.sluice.backend.Step;
import dev.sluice.opencl.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Work that was queued and is not known to be done: a step of one token, or a copy to the host. It may have to be queued again,
 * because work-groups before it or in it may not have met. Objects are used again, so that steps allocate nothing.
 */
final class Unsettled implements StateSource {
    private final ForwardPass pass;
    private final Step step = Step.forParts(1);
    private @Nullable OpenClReadBack readBack;
    private @Nullable LayerState[] states = {};
    private final @Nullable LayerState[] state = {null};
    private boolean timed;

    Unsettled(CompiledLayers layers) {
        pass = new ForwardPass(layers);
    }

    Unsettled copy(OpenClReadBack copied) {
        readBack = copied;
        timed = false;
        return this;
    }

    /** {@code isTimed}: whether there was another way to go. */
    Unsettled step(ForwardPass taken, boolean isTimed) {
        readBack = null;
        step.clear().add(taken.step().position(0), 1, taken.step().outputRows());
        pass.like(taken, step, this);
        if (states.length < taken.count()) {
            states = new LayerState[taken.count()];
        }
        for (int i = 0; i < taken.count(); i++) {
            @Nullable LayerState[] all = taken.states(i);
            states[i] = all.length == 0 ? null : all[0];
        }
        timed = isTimed;
        return this;
    }

    boolean isCopy(OpenClReadBack copied) {
        return readBack == copied;
    }

    boolean timed() {
        return timed;
    }

    /** Does it again: a copy at once, a step launch by launch. */
    void again(Queue queue) {
        if (readBack != null) {
            readBack.again(queue);
        } else {
            pass.launch(queue, 0, pass.count());
        }
    }

    @Override
    public @Nullable LayerState[] of(int layer) {
        state[0] = states[layer];
        return state;
    }
}
