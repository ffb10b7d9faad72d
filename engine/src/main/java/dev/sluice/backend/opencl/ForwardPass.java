package dev.sluice.backend.opencl;

import dev.sluice.backend.CompiledLayer;
import dev.sluice.backend.DeviceMemory;
import dev.sluice.backend.LayerState;
import dev.sluice.backend.StateSource;
import dev.sluice.backend.Step;
import dev.sluice.opencl.Queue;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A step through consecutive layers of a device, as {@link dev.sluice.backend.Device#submit} is given it: what each of them reads
 * and writes. One is filled again and again, so that steps allocate nothing.
 */
final class ForwardPass {
    private final CompiledLayers owner;
    private List<CompiledLayer> layers = List.of();
    private @Nullable Step step;
    private @Nullable DeviceMemory in;
    private @Nullable DeviceMemory between;
    private @Nullable DeviceMemory out;
    private @Nullable StateSource states;

    /** {@code owner}: the layers of the device. */
    ForwardPass(CompiledLayers owner) {
        this.owner = owner;
    }

    /** Is another from now on. */
    ForwardPass of(
            List<CompiledLayer> through,
            Step taken,
            DeviceMemory from,
            DeviceMemory via,
            DeviceMemory to,
            StateSource source) {
        layers = through;
        step = taken;
        in = from;
        between = via;
        out = to;
        states = source;
        return this;
    }

    /** Is from now on the way of another, for a step and states of its own. */
    ForwardPass like(ForwardPass other, Step taken, StateSource source) {
        return of(other.layers, taken, present(other.in), present(other.between), present(other.out), source);
    }

    List<CompiledLayer> layers() {
        return layers;
    }

    /** How many layers it goes through. */
    int count() {
        return layers.size();
    }

    Step step() {
        return present(step);
    }

    /** Whether its input is still there when it has been taken, so that it can be taken again. */
    boolean keepsInput() {
        return in != between && in != out;
    }

    /**
     * A layer, by its index in the list.
     *
     * @throws IllegalArgumentException if it is another device's
     * @throws IllegalStateException if it is closed
     */
    OpenClCompiledLayer layer(int index) {
        return owner.own(layers.get(index));
    }

    /** What a layer reads. */
    DeviceMemory before(int index) {
        return present(index == 0 ? in : between);
    }

    DeviceMemory between() {
        return present(between);
    }

    /** What a layer writes. */
    DeviceMemory after(int index) {
        return present(index == layers.size() - 1 ? out : between);
    }

    /** What the step's sequences keep in a layer. */
    @Nullable
    LayerState[] states(int index) {
        return present(states).of(index);
    }

    /** The KV cache of a layer in a step of one token; whether the layer can take that is checked as when it is launched. */
    KvCache cache(int index) {
        return layer(index).token(step(), before(index), after(index), states(index));
    }

    /** Queues the launches of layers {@code from} to {@code to - 1}. */
    void launch(Queue queue, int from, int to) {
        for (int i = from; i < to; i++) {
            layer(i).queue(queue, step(), before(i), after(i), states(i));
            // The device is to compute while the host queues the next layer.
            queue.flush();
        }
    }

    private static <T> T present(@Nullable T value) {
        if (value == null) {
            throw new IllegalStateException("a pass through no layers yet");
        }
        return value;
    }
}
