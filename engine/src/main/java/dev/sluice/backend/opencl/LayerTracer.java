package dev.sluice.backend.opencl;

import dev.sluice.backend.KvType;
import dev.sluice.backend.Step;
import dev.sluice.graph.Op;
import dev.sluice.opencl.Buffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Finds what a layer's launches come to for one token, by having its stages submit themselves to a recorder. */
final class LayerTracer {
    private final OpenClDevice device;
    private final LayerResources resources;
    private final List<Stage> stages;
    private final Buffer[] values;

    private LayerTracer(OpenClDevice device, LayerResources resources, List<Stage> stages, Buffer[] values) {
        this.device = device;
        this.resources = resources;
        this.stages = stages;
        this.values = values;
    }

    /**
     * The calls of a layer with attention.
     *
     * @param slots of scratch that the stages use
     * @return empty where a launch of the layer is none that can be called
     */
    static Optional<LayerCalls> calls(
            OpenClDevice device,
            LayerResources resources,
            Op.Attention op,
            List<Stage> stages,
            int slots,
            KvType type) {
        Buffer[] values = new Buffer[Value.SCRATCH + slots];
        values[Value.INPUT] = device.newBuffer(Float.BYTES, "a trace");
        values[Value.OUTPUT] = device.newBuffer(Float.BYTES, "a trace");
        for (int i = 0; i < slots; i++) {
            values[Value.SCRATCH + i] = device.scratch().slot(i);
        }
        LayerTracer tracer = new LayerTracer(device, resources, stages, values);
        // Two steps that differ in everything that changes from step to step.
        try (KvCache small = new KvCache(device, op, 16, type);
                KvCache large = new KvCache(device, op, 48, type)) {
            return LayerCalls.of(
                    tracer.trace(small, 3),
                    tracer.trace(large, 5),
                    tracer.roles(small),
                    Map.of(small.keys(), large.keys(), small.values(), large.values()));
        } finally {
            device.free(values[Value.INPUT]);
            device.free(values[Value.OUTPUT]);
        }
    }

    private LayerCalls.Trace trace(KvCache cache, int position) {
        Run[] run = new Run[1];
        device.exclusively(
                queue -> run[0] = new Run(queue, new Step(position, 1, 1), 1, new KvCache[] {cache}, values));
        List<TracedLaunch> launches = device.recorder().trace(() -> stages.forEach(stage -> stage.submit(run[0])));
        return new LayerCalls.Trace(launches, position, cache.stride());
    }

    private Map<Buffer, Role> roles(KvCache cache) {
        Map<Buffer, Role> known = new HashMap<>();
        known.put(values[Value.INPUT], Role.Own.INPUT);
        known.put(values[Value.OUTPUT], Role.Own.OUTPUT);
        for (int i = Value.SCRATCH; i < values.length; i++) {
            known.put(values[i], new Role.Slot(i - Value.SCRATCH));
        }
        known.put(cache.keys(), Role.Own.KEYS);
        known.put(cache.values(), Role.Own.VALUES);
        for (RotationTable table : resources.rotations()) {
            device.exclusively(queue -> known.put(table.upTo(1, queue), new Role.Rotations(table)));
        }
        device.scratch().panelsIfAny().ifPresent(panels -> known.put(panels, new Role.Panels()));
        device.scratch().partialsIfAny().ifPresent(partials -> known.put(partials, new Role.Partials()));
        return known;
    }
}
