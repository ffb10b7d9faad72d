package dev.sluice.backend.opencl;

import dev.sluice.backend.CompiledLayer;
import dev.sluice.backend.DeviceMemory;
import dev.sluice.backend.KvType;
import dev.sluice.backend.StateSource;
import dev.sluice.backend.Step;
import dev.sluice.opencl.Queue;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How steps go through a device's layers: launch by launch, or, where a step is one token and launches cost as much as what
 * they do, many layers in one launch. Its methods are called by whoever holds the device.
 */
final class Steps {
    private final OpenClDevice device;
    private final Chains chains;
    private final List<KvCache> caches = new ArrayList<>();
    private @Nullable Meeting meeting;

    Steps(OpenClDevice device) {
        this.device = device;
        chains = new Chains(device);
    }

    /** Whether layers went in one launch so far. */
    boolean chained() {
        return meeting != null;
    }

    void forgetChains() {
        chains.close();
    }

    /** See {@link dev.sluice.backend.Device#submit}. */
    void submit(
            Queue queue,
            List<CompiledLayer> layers,
            Step step,
            DeviceMemory in,
            DeviceMemory between,
            DeviceMemory out,
            StateSource states) {
        // A step whose meeting breaks is taken again, so its input must still be there.
        boolean repeatable = step.tokens() == 1 && in != between && in != out;
        KvType type = repeatable ? chainedType(layers, states) : null;
        long started = System.nanoTime();
        if (type == null) {
            launch(queue, layers, 0, layers.size(), step, in, between, out, states);
            device.recorder().step(System.nanoTime() - started);
            return;
        }
        Meeting met = meeting(queue);
        boolean meets = met.pace().first();
        if (meets) {
            chained(queue, met, chains.of(layers, type), layers, step, in, between, out, states);
        } else {
            launch(queue, layers, 0, layers.size(), step, in, between, out, states);
        }
        device.recorder().step(System.nanoTime() - started);
        if (meets && met.broke(queue)) {
            launch(queue, layers, 0, layers.size(), step, in, between, out, states);
        }
        queue.finish();
        met.pace().took(System.nanoTime() - started);
    }

    /** The type of the first layer's cache that can go in one launch with others; null if there is none. */
    private @Nullable KvType chainedType(List<CompiledLayer> layers, StateSource states) {
        for (int i = 0; i < layers.size(); i++) {
            if (device.own(layers.get(i)).chains() && states.of(i)[0] instanceof KvCache cache) {
                return cache.type();
            }
        }
        return null;
    }

    private Meeting meeting(Queue queue) {
        Meeting present = meeting;
        if (present == null) {
            present = new Meeting(device, queue);
            meeting = present;
        }
        return present;
    }

    private void launch(
            Queue queue,
            List<CompiledLayer> layers,
            int from,
            int to,
            Step step,
            DeviceMemory in,
            DeviceMemory between,
            DeviceMemory out,
            StateSource states) {
        for (int i = from; i < to; i++) {
            device.own(layers.get(i))
                    .queue(queue, step, i == 0 ? in : between, i == layers.size() - 1 ? out : between, states.of(i));
            // The device is to compute while the host queues the next layer.
            queue.flush();
        }
    }

    private void chained(
            Queue queue,
            Meeting met,
            List<Chains.Chain> all,
            List<CompiledLayer> layers,
            Step step,
            DeviceMemory in,
            DeviceMemory between,
            DeviceMemory out,
            StateSource states) {
        for (Chains.Chain chain : all) {
            LayersKernel kernel = chain.kernel();
            DeviceMemory from = chain.from() == 0 ? in : between;
            DeviceMemory to = chain.to() == layers.size() ? out : between;
            if (kernel != null && gather(layers, chain, step, from, between, to, states)) {
                kernel.submit(queue, met, step, (OpenClMemory) from, (OpenClMemory) between, (OpenClMemory) to, caches);
            } else {
                launch(queue, layers, chain.from(), chain.to(), step, in, between, out, states);
            }
        }
        queue.flush();
    }

    /** Checks the layers of a chain and gathers their caches; false if these are not all alike. */
    private boolean gather(
            List<CompiledLayer> layers,
            Chains.Chain chain,
            Step step,
            DeviceMemory in,
            DeviceMemory between,
            DeviceMemory out,
            StateSource states) {
        caches.clear();
        boolean alike = true;
        for (int i = chain.from(); i < chain.to(); i++) {
            KvCache cache = device.own(layers.get(i))
                    .token(step, i == chain.from() ? in : between, i == chain.to() - 1 ? out : between, states.of(i));
            caches.add(cache);
            KvCache first = caches.getFirst();
            alike &= cache.type() == first.type() && cache.stride() == first.stride();
        }
        return alike;
    }
}
