package dev.sluice;

import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceInfo;
import dev.sluice.backend.DeviceOptions;
import dev.sluice.backend.LaunchProfile;
import dev.sluice.graph.Graph;
import dev.sluice.plan.DeviceCatalog;
import dev.sluice.plan.HardwareFiles;
import dev.sluice.plan.LayerSplit;
import dev.sluice.plan.MemoryBudget;
import dev.sluice.plan.Shares;
import dev.sluice.runtime.Assignment;
import dev.sluice.runtime.Executor;
import dev.sluice.runtime.Progress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The open devices that a model is on: one, or several that share its layers. */
final class DeviceGroup implements AutoCloseable {
    private final List<Device> devices = new ArrayList<>();
    private final LoadOptions options;
    private String notes = "";

    private DeviceGroup(LoadOptions options) {
        this.options = options;
    }

    /** The devices that there are. */
    static DeviceCatalog catalog(LoadOptions options) {
        String hardware = options.hardware();
        return DeviceCatalog.discover(
                options.device(), hardware == null ? List.of() : HardwareFiles.simulations(hardware));
    }

    /** Opens all devices that the options name. */
    static DeviceGroup open(DeviceCatalog catalog, LoadOptions options) {
        DeviceGroup group = new DeviceGroup(options);
        try {
            for (DeviceInfo info : catalog.selectAll(options.device())) {
                group.devices.add(catalog.open(
                        info,
                        new DeviceOptions(
                                options.threads(), options.batchTokens(), options.precision(), options.cpuKernels())));
            }
            return group;
        } catch (RuntimeException e) {
            group.close();
            throw e;
        }
    }

    /**
     * Compiles a model for the devices, after counting what it takes.
     *
     * @param model for messages
     */
    Executor executor(String model, Graph graph, int context, Progress progress) {
        int batch = options.batchTokens();
        if (devices.size() == 1) {
            Device device = devices.getFirst();
            MemoryBudget.of(graph, device, context, options.kvType(), batch)
                    .requireFits(model, device, limit(device), context);
            return new Executor(graph, device, batch, progress);
        }
        LayerSplit split = Shares.of(model, graph, devices, context, options.kvType(), batch, this::limit);
        List<Integer> counts = new ArrayList<>();
        List<Device> idle = new ArrayList<>();
        for (int i = 0; i < devices.size(); i++) {
            int count = split.counts().get(i);
            if (count > 0) {
                counts.add(count);
            } else {
                idle.add(devices.get(i));
            }
        }
        for (Device device : idle) {
            notes += "; " + device.info().id() + " takes no layer: the others are faster without it, or it has no room";
            devices.remove(device);
            device.close();
        }
        List<Assignment> assignments = new ArrayList<>();
        for (int i = 0; i < counts.size(); i++) {
            assignments.add(Assignment.resident(devices.get(i), counts.get(i)));
        }
        return new Executor(graph, assignments, batch, progress);
    }

    private long limit(Device device) {
        long limit = device.availableBytes();
        if (options.memoryLimit() > 0) {
            limit = Math.min(limit, options.memoryLimit());
        }
        return Math.min(limit, options.deviceMemory().getOrDefault(device.info().id(), limit));
    }

    /** What is known of the device; of several, together. */
    DeviceInfo info() {
        DeviceInfo first = devices.getFirst().info();
        if (devices.size() == 1) {
            return first;
        }
        List<DeviceInfo> all = devices.stream().map(Device::info).toList();
        Map<String, String> details = new LinkedHashMap<>();
        all.forEach(info -> info.details().forEach((key, value) -> details.put(info.id() + " " + key, value)));
        return new DeviceInfo(
                joined(all, ",", DeviceInfo::id),
                joined(all, ",", DeviceInfo::backend),
                all.stream()
                        .map(DeviceInfo::kind)
                        .filter(kind -> kind != DeviceInfo.Kind.CPU)
                        .findFirst()
                        .orElse(DeviceInfo.Kind.CPU),
                joined(all, " + ", DeviceInfo::name),
                joined(all, " + ", DeviceInfo::platform),
                all.stream().mapToLong(DeviceInfo::memoryBytes).sum(),
                all.stream().mapToLong(DeviceInfo::maxAllocationBytes).min().orElse(0),
                details);
    }

    private static String joined(List<DeviceInfo> all, String between, Function<DeviceInfo, String> part) {
        return all.stream().map(part).distinct().collect(Collectors.joining(between));
    }

    /** What is to be said of the devices beyond the path that computation takes. */
    String notes() {
        return notes;
    }

    void startProfile() {
        devices.forEach(Device::startProfile);
    }

    /** What all devices together launched; empty if none keeps a record. */
    Optional<LaunchProfile> takeProfile() {
        return devices.stream()
                .map(Device::takeProfile)
                .flatMap(Optional::stream)
                .reduce((one, other) -> new LaunchProfile(
                        Stream.concat(one.kernels().stream(), other.kernels().stream())
                                .toList(),
                        Math.max(one.steps(), other.steps()),
                        one.hostNanos() + other.hostNanos()));
    }

    @Override
    public void close() {
        devices.reversed().forEach(Device::close);
    }
}
