package dev.sluice.backend.opencl;

import dev.sluice.backend.KvType;
import dev.sluice.backend.Step;
import dev.sluice.graph.Op;
import dev.sluice.opencl.Buffer;
import dev.sluice.opencl.NDRange;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One token through a layer in one launch ({@link LayerProgram}), for devices whose compute units are few and whose launches
 * cost as much as what they do. Its work-groups wait for each other between what were launches, so all must run at once: as
 * many as there are compute units, of one work-item each.
 */
final class LayerKernel implements AutoCloseable {
    /** A group has so much more patience for each so many bytes: it may be some percent faster than the others. */
    private static final long BYTES_OF_PATIENCE = 16L << 20;
    /** Beyond this many bytes of weights a launch costs little beside what it does. */
    private static final long MOST_BYTES = 64L << 20;

    /** What a buffer of the kernel is in a run. */
    @FunctionalInterface
    private interface Role {
        Buffer in(Run run);
    }

    private final BoundKernel kernel;
    private final List<Role> roles;
    private final Meeting meeting;
    private final NDRange range;
    private final int patience;

    private LayerKernel(OpenClDevice device, BoundKernel kernel, List<Role> roles, long bytes) {
        this.kernel = kernel;
        this.roles = roles;
        meeting = device.meeting();
        range = NDRange.of(device.computeUnits()).local(1);
        patience = Math.toIntExact(device.tuning().vectors().patience() * (1 + bytes / BYTES_OF_PATIENCE));
    }

    /**
     * The kernel of a layer with attention, from its stages.
     *
     * @param slots of scratch that the stages use
     * @return empty where it would not pay, or where a launch of the layer is none that can be called
     */
    static Optional<LayerKernel> of(
            OpenClDevice device,
            LayerResources resources,
            Op.Attention op,
            List<Stage> stages,
            int slots,
            KvType type) {
        if (device.tuning().vectors().patience() == 0 || resources.bytes() > MOST_BYTES) {
            return Optional.empty();
        }
        Buffer[] values = new Buffer[Value.SCRATCH + slots];
        values[Value.INPUT] = device.newBuffer(Float.BYTES, "a trace");
        values[Value.OUTPUT] = device.newBuffer(Float.BYTES, "a trace");
        for (int i = 0; i < slots; i++) {
            values[Value.SCRATCH + i] = device.scratch().slot(i);
        }
        try (KvCache small = new KvCache(device, op, 16, type);
                KvCache large = new KvCache(device, op, 48, type)) {
            // Two steps that differ in everything that changes from step to step.
            List<TracedLaunch> first = trace(device, stages, values, small, 3);
            List<TracedLaunch> second = trace(device, stages, values, large, 5);
            Map<Buffer, Buffer> changing = Map.of(small.keys(), large.keys(), small.values(), large.values());
            return LayerProgram.of(
                            first, second, changing, new int[] {3, 5}, new int[] {small.stride(), large.stride()})
                    .map(made -> new LayerKernel(
                            device,
                            device.bind(made.program()),
                            roles(made, values, small, resources, device),
                            resources.bytes()));
        } finally {
            device.free(values[Value.INPUT]);
            device.free(values[Value.OUTPUT]);
        }
    }

    private static List<TracedLaunch> trace(
            OpenClDevice device, List<Stage> stages, Buffer[] values, KvCache cache, int position) {
        Run[] run = new Run[1];
        device.exclusively(
                queue -> run[0] = new Run(queue, new Step(position, 1, 1), 1, new KvCache[] {cache}, values));
        return device.recorder().trace(() -> stages.forEach(stage -> stage.submit(run[0])));
    }

    private static List<Role> roles(
            LayerProgram.Made made, Buffer[] values, KvCache cache, LayerResources resources, OpenClDevice device) {
        Map<Buffer, Role> known = new HashMap<>();
        for (int i = 0; i < values.length; i++) {
            int slot = i;
            known.put(values[i], run -> run.slot(slot));
        }
        known.put(cache.keys(), run -> run.cache(0).keys());
        known.put(cache.values(), run -> run.cache(0).values());
        for (RotationTable table : resources.rotations()) {
            device.exclusively(queue ->
                    known.put(table.upTo(1, queue), run -> table.upTo(run.step.position(0) + 1, run.queue)));
        }
        // Other layers may make the panels grow.
        device.scratch()
                .panelsIfAny()
                .ifPresent(panels -> known.put(panels, run -> device.scratch().panels()));
        List<Role> roles = new ArrayList<>();
        for (Buffer buffer : made.buffers()) {
            roles.add(known.getOrDefault(buffer, run -> buffer));
        }
        return roles;
    }

    /** Queues the launch. */
    void submit(Run run) {
        kernel.args()
                .buffer(meeting.words())
                .i32(patience)
                .i32(run.step.position(0))
                .i32(run.cache(0).stride());
        for (int i = 0; i < roles.size(); i++) {
            kernel.buffer(roles.get(i).in(run));
        }
        kernel.launch(run.queue, range);
    }

    @Override
    public void close() {
        kernel.close();
    }
}
