package dev.sluice.backend.opencl;

import dev.sluice.backend.CompiledLayer;
import dev.sluice.opencl.Buffer;
import dev.sluice.opencl.ClException;
import dev.sluice.opencl.CommandBuffer;
import dev.sluice.opencl.Kernel;
import dev.sluice.opencl.NDRange;
import dev.sluice.opencl.Queue;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/**
 * The launches of layers that one token goes through, to be replayed with one command. They are those of one KV cache in each
 * layer and of every position at which the layers have the same shape ({@link Stage#shape}); the position itself they read from
 * the device.
 */
final class Recording implements AutoCloseable {
    private final CommandBuffer commands;
    private final Passage passage;
    /** Of its own, because some drivers look at a kernel's arguments at each replay. */
    private final List<Kernel> kernels = new ArrayList<>();

    private final Set<Buffer> buffers = Collections.newSetFromMap(new IdentityHashMap<>());

    /** An empty one, to which launches are added before {@link #finish}. */
    Recording(Queue queue, Passage passage) {
        this.passage = passage.copy();
        commands = CommandBuffer.create(queue);
    }

    /** Adds a launch with the arguments that a kernel has now. */
    void add(BoundKernel bound, NDRange range) {
        Kernel kernel = bound.kernel().another();
        kernels.add(kernel);
        bound.give(kernel);
        buffers.addAll(bound.buffers());
        commands.launch(kernel, range);
    }

    void finish() {
        commands.finish();
    }

    /** How many launches it has. */
    int launches() {
        return kernels.size();
    }

    /** Whether it is what a step through some layers comes to. */
    boolean serves(Passage wanted) {
        return passage.same(wanted);
    }

    boolean uses(Buffer buffer) {
        return buffers.contains(buffer);
    }

    boolean uses(CompiledLayer layer) {
        return passage.goesThrough(layer);
    }

    /**
     * Queues the launches.
     *
     * @throws ClException if the driver refuses
     */
    void replay() {
        commands.replay();
    }

    /** Nothing of it may be under way. */
    @Override
    public void close() {
        commands.close();
        kernels.forEach(Kernel::close);
    }
}
