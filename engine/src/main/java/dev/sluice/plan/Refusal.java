package dev.sluice.plan;

import dev.sluice.backend.KvType;
import dev.sluice.error.SluiceException;
import dev.sluice.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Says why a model fits nowhere, and which changes would make it fit, each tried with the planner. */
final class Refusal {
    private static final long GIB = 1L << 30;
    private static final int SMALLEST_CONTEXT = 256;

    private final ModelShape model;
    private final Hardware hardware;
    private final PlanRequest request;
    private final Problem problem;

    private Refusal(ModelShape model, Hardware hardware, PlanRequest request) {
        this.model = model;
        this.hardware = hardware;
        this.request = request;
        problem = new Problem(model, hardware, request);
    }

    static SluiceException of(ModelShape model, Hardware hardware, PlanRequest request) {
        return new Refusal(model, hardware, request).exception();
    }

    private SluiceException exception() {
        if (!wishesGoTogether()) {
            return new SluiceException("no plan keeps to " + wishes() + ": a device computes one run of consecutive"
                    + " layers, and each layer must have a device that may compute it");
        }
        long sequences = Math.max(1, request.batch());
        String devices = problem.hardware.devices().stream()
                .map(d -> d.id() + " " + gib(d.memoryBytes()))
                .collect(Collectors.joining(", "));
        List<String> remedies = remedies();
        return new SluiceException(model.name() + " does not fit: weights " + gib(model.weightBytes())
                + ", KV caches for " + sequences + " x " + problem.context + " tokens "
                + gib(sequences * problem.context * model.kvBytesPerToken(request.kv())) + "; there are " + devices
                + ", and " + gib(hardware.host().memoryBytes()) + " on the host"
                + (hardware.host().diskBytesPerSecond() == 0 ? " (weights are not read from disk)" : "")
                + (wishes().isEmpty() ? "" : "; asked for " + wishes()) + ". "
                + (remedies.isEmpty()
                        ? "No shorter context, smaller batch or format, nor 512 GiB more would make it fit; use a"
                                + " smaller model."
                        : "It would fit with " + String.join(", or with ", remedies) + "."));
    }

    private String wishes() {
        List<String> wishes = new ArrayList<>();
        if (request.gpuLayers() != null) {
            wishes.add("--gpu-layers " + request.gpuLayers());
        }
        request.places().forEach(place -> wishes.add(place.text()));
        if (!request.memory().isEmpty()) {
            wishes.add("--memory");
        }
        return String.join(", ", wishes);
    }

    /** Whether there would be a plan if memory were no matter. */
    private boolean wishesGoTogether() {
        Hardware endless = hardware.withHost(new HostProfile(
                Long.MAX_VALUE / 4,
                hardware.host().readBytesPerSecond(),
                hardware.host().diskBytesPerSecond()));
        for (int d = 0; d < hardware.devices().size(); d++) {
            endless = endless.withDevice(d, hardware.devices().get(d).withMemory(Long.MAX_VALUE / 4));
        }
        return wishes().isEmpty() || fits(model, endless, request.withMemory(Map.of()));
    }

    private List<String> remedies() {
        List<String> remedies = new ArrayList<>();
        context(remedies);
        if (request.batch() > 1) {
            for (int batch = request.batch() / 2; batch >= 1; batch /= 2) {
                if (fits(model, hardware, request.withBatch(batch))) {
                    remedies.add("--batch " + batch);
                    break;
                }
            }
        }
        if (request.kv() != KvType.Q8_0 && fits(model, hardware, request.withKv(KvType.Q8_0))) {
            remedies.add("--kv q8_0");
        }
        if (request.gpuLayers() != null || !request.places().isEmpty()) {
            if (fits(model, hardware, request.withGpuLayers(null).withPlaces(List.of()))) {
                remedies.add("the places left to the planner");
            }
            gpuLayers(remedies);
        }
        if (!request.memory().isEmpty() && fits(model, hardware, request.withMemory(Map.of()))) {
            remedies.add("all memory that is free (without --memory)");
        }
        ModelShape smaller = model.shrunkTo(DType.Q4_0);
        boolean known = hardware.devices().stream().allMatch(device -> device.knows(DType.Q4_0));
        if (known && smaller.weightBytes() < model.weightBytes() && fits(smaller, hardware, request)) {
            remedies.add("weights in Q4_0 (" + gib(smaller.weightBytes()) + ")");
        }
        memory(remedies);
        return remedies;
    }

    private void context(List<String> remedies) {
        int low = SMALLEST_CONTEXT;
        if (problem.context <= low || !fits(model, hardware, contextOf(low))) {
            return;
        }
        int high = problem.context;
        while (high - low > 64) {
            int middle = (low + high) / 2;
            if (fits(model, hardware, contextOf(middle))) {
                low = middle;
            } else {
                high = middle;
            }
        }
        remedies.add("--ctx " + low / 64 * 64);
    }

    private PlanRequest contextOf(int context) {
        return request.withContext(context).withDepth(Math.min(problem.depth, context / 2));
    }

    private void gpuLayers(List<String> remedies) {
        Integer wanted = request.gpuLayers();
        for (int n = wanted == null ? 0 : Math.min(wanted, model.blocks()) - 1; n > 0; n--) {
            if (fits(model, hardware, request.withGpuLayers(n))) {
                remedies.add("--gpu-layers " + n);
                return;
            }
        }
    }

    /** More on the largest device, or of host memory. */
    private void memory(List<String> remedies) {
        for (long more = 1; more <= 512; more *= 2) {
            HostProfile host = hardware.host();
            Hardware larger = hardware.withHost(new HostProfile(
                    host.memoryBytes() + more * GIB, host.readBytesPerSecond(), host.diskBytesPerSecond()));
            for (int d = 0; d < hardware.devices().size(); d++) {
                DeviceProfile device = hardware.devices().get(d);
                if (device.hostMemory()) {
                    larger = larger.withDevice(d, device.withMemory(device.memoryBytes() + more * GIB));
                }
            }
            if (fits(model, larger, request.withMemory(Map.of()))) {
                remedies.add(more + " GiB more host memory");
                return;
            }
            for (int d = 0; d < hardware.devices().size(); d++) {
                DeviceProfile device = hardware.devices().get(d);
                if (!device.hostMemory()) {
                    Hardware grown = hardware.withDevice(d, device.withMemory(device.memoryBytes() + more * GIB));
                    if (fits(model, grown, request.withMemory(Map.of()))) {
                        remedies.add(more + " GiB more on " + device.id());
                        return;
                    }
                }
            }
        }
    }

    private static boolean fits(ModelShape model, Hardware hardware, PlanRequest request) {
        return new Solver(new Problem(
                                model,
                                hardware,
                                request.withObjective(Objective.LATENCY).withBatch(Math.max(1, request.batch()))))
                        .solve()
                != null;
    }

    private static String gib(long bytes) {
        return String.format(Locale.ROOT, "%.1f GiB", bytes / (double) GIB);
    }
}
