package dev.sluice.plan;

import dev.sluice.backend.DeviceInfo;
import dev.sluice.error.SluiceException;
import dev.sluice.graph.Layer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A model, the devices that may compute it with what may be taken of their memory, and where each layer may be: the
 * request with all defaults and wishes resolved.
 */
final class Problem {
    private static final int DEFAULT_CONTEXT = 4096;

    final ModelShape model;
    final Hardware hardware;
    final PlanRequest request;
    final int context;
    final int depth;
    /** Index of the CPU as a device of its own, which can compute experts and halves of layers for others; −1 without. */
    final int cpu;
    /** For each device and layer whether they may come together. */
    final boolean[][] allowed;
    /** For each layer a number that it shares with the layers that are equal to it but for their names. */
    final int[] kinds;
    /** For each layer whether it must stay in the memory of its device. */
    final boolean[] residentOnly;

    Problem(ModelShape model, Hardware all, PlanRequest request) {
        this.model = model;
        this.request = request;
        context = request.context() > 0 ? request.context() : Math.min(DEFAULT_CONTEXT, model.contextLength());
        if (context > model.contextLength()) {
            throw new SluiceException("--ctx " + context + ": " + model.name() + " was trained on "
                    + model.contextLength() + " tokens at most");
        }
        depth = request.depth() >= 0 ? request.depth() : context / 2;
        if (request.batch() == 0 && request.objective() == Objective.LATENCY) {
            throw new SluiceException(
                    "--batch auto looks for the most tokens per second: it goes with --objective" + " throughput");
        }
        if (depth >= context) {
            throw new SluiceException("a depth of " + depth + " leaves no room in a context of " + context);
        }
        hardware = limited(chosen(all, request), request);
        int devices = hardware.devices().size();
        int layers = model.layers().size();
        cpu = cpu(hardware.devices());
        allowed = new boolean[devices][layers];
        for (boolean[] row : allowed) {
            Arrays.fill(row, true);
        }
        residentOnly = new boolean[layers];
        keepSingleAllocations();
        gpuLayers();
        request.places().forEach(this::place);
        kinds = kinds();
    }

    /**
     * Leaves the CPU no block, so that it may help a device that blocks are streamed to.
     *
     * @return whether there is such a device
     */
    boolean keepBlocksFromCpu() {
        if (cpu < 0
                || model.layers().stream().allMatch(layer -> layer.feedForwardBytes() == 0)
                || hardware.devices().stream().allMatch(device -> device.link() == null || device.hostMemory())) {
            return false;
        }
        for (int i = 0; i < allowed[cpu].length; i++) {
            allowed[cpu][i] &= model.layers().get(i).kind() != Layer.Kind.BLOCK;
        }
        return true;
    }

    private int[] kinds() {
        Map<LayerShape, Integer> numbers = new HashMap<>();
        int[] of = new int[residentOnly.length];
        for (int i = 0; i < of.length; i++) {
            LayerShape unnamed = model.layers().get(i).named(residentOnly[i] ? "resident" : "");
            of[i] = numbers.computeIfAbsent(unnamed, key -> numbers.size());
        }
        return of;
    }

    private static int cpu(List<DeviceProfile> devices) {
        for (int i = 0; i < devices.size(); i++) {
            if (devices.get(i).id().equals("cpu")) {
                return i;
            }
        }
        return -1;
    }

    private static Hardware chosen(Hardware all, PlanRequest request) {
        if (request.devices().isEmpty()) {
            return all;
        }
        List<DeviceProfile> devices = new ArrayList<>();
        for (String id : request.devices()) {
            devices.add(all.devices().get(all.indexOf(id, "--device")));
        }
        return new Hardware(all.name(), all.source(), all.host(), devices);
    }

    private static Hardware limited(Hardware hardware, PlanRequest request) {
        Hardware limited = hardware;
        for (Map.Entry<String, Long> entry : request.memory().entrySet()) {
            boolean each = entry.getKey().equals(PlanRequest.EACH);
            int only = each ? -1 : hardware.indexOf(entry.getKey(), "--memory");
            for (int i = 0; i < hardware.devices().size(); i++) {
                if (each
                        ? !request.memory()
                                .containsKey(hardware.devices().get(i).id())
                        : i == only) {
                    DeviceProfile device = limited.devices().get(i);
                    limited =
                            limited.withDevice(i, device.withMemory(Math.min(device.memoryBytes(), entry.getValue())));
                }
            }
        }
        return limited;
    }

    /** Tables that are one matrix must be one allocation. */
    private void keepSingleAllocations() {
        for (int i = 0; i < model.layers().size(); i++) {
            LayerShape layer = model.layers().get(i);
            if (layer.kind() != Layer.Kind.BLOCK) {
                for (int d = 0; d < allowed.length; d++) {
                    allowed[d][i] =
                            layer.denseBytes() <= hardware.devices().get(d).largestAllocation();
                }
            }
        }
    }

    private void gpuLayers() {
        Integer wanted = request.gpuLayers();
        if (wanted == null) {
            return;
        }
        Checks.notNegative("--gpu-layers", wanted);
        boolean[] gpu = new boolean[allowed.length];
        boolean any = false;
        for (int d = 0; d < gpu.length; d++) {
            gpu[d] = hardware.devices().get(d).kind() != DeviceInfo.Kind.CPU;
            any |= gpu[d];
        }
        if (wanted > 0 && !any) {
            throw new SluiceException(
                    "--gpu-layers " + wanted + ": " + hardware.name() + " has no GPU among the devices chosen");
        }
        int blocks = model.blocks();
        if (wanted < blocks && cpu < 0) {
            throw new SluiceException("--gpu-layers " + wanted + ": the other layers go to the CPU, and there is no"
                    + " device cpu among those chosen");
        }
        int first = wanted == 0 ? blocks + 2 : Math.max(1, blocks + 1 - wanted);
        for (int i = 1; i < model.layers().size(); i++) {
            residentOnly[i] = i >= first;
            for (int d = 0; d < gpu.length; d++) {
                allowed[d][i] &= i >= first ? gpu[d] : d == cpu;
            }
        }
    }

    private void place(PlaceRule rule) {
        int device = hardware.indexOf(rule.device(), rule.text());
        boolean matched = false;
        for (int i = 0; i < model.layers().size(); i++) {
            String name = model.layers().get(i).name();
            if (rule.matches(name)) {
                matched = true;
                if (!allowed[device][i]) {
                    throw new SluiceException(rule.text() + ": " + name + " cannot be on "
                            + hardware.devices().get(device).id()
                            + ", by another option or because it is larger than the device's largest allocation");
                }
                for (int d = 0; d < allowed.length; d++) {
                    allowed[d][i] &= d == device;
                }
            }
        }
        if (!matched) {
            throw new SluiceException(rule.text() + " matches no layer; they are called "
                    + model.layers().getFirst().name() + ", "
                    + model.layers().get(1).name() + " to "
                    + model.layers().get(model.layers().size() - 2).name() + ", "
                    + model.layers().getLast().name());
        }
    }
}
