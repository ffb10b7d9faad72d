package dev.sluice;

import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceInfo;
import dev.sluice.backend.DeviceOptions;
import dev.sluice.backend.LaunchProfile;
import dev.sluice.graph.Graph;
import dev.sluice.plan.DeviceCatalog;
import dev.sluice.plan.HardwareFiles;
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
import org.jspecify.annotations.Nullable;

/** The open devices that a model is on: one, or several that share its layers. */
final class DeviceGroup implements AutoCloseable {
    private final List<Device> devices = new ArrayList<>();
    private final DeviceCatalog catalog;
    private final LoadOptions options;
    private List<String> notes = List.of();

    private DeviceGroup(DeviceCatalog catalog, LoadOptions options) {
        this.catalog = catalog;
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
        DeviceGroup group = new DeviceGroup(catalog, options);
        try {
            for (DeviceInfo info : catalog.selectAll(options.device())) {
                group.devices.add(group.open(info));
            }
            return group;
        } catch (RuntimeException e) {
            group.close();
            throw e;
        }
    }

    private Device open(DeviceInfo info) {
        return catalog.open(
                info,
                new DeviceOptions(
                        options.threads(),
                        options.batchTokens(),
                        options.precision(),
                        options.cpuKernels(),
                        Placing.limit(options, info)));
    }

    /**
     * Compiles a model for the devices, after counting what it takes.
     *
     * @param model for messages
     * @param identity differs from that of every other model
     */
    Executor executor(String model, String identity, Graph graph, int context, Progress progress) {
        Placing placing = new Placing(model, identity, graph, context, options);
        List<Assignment> assignments = new ArrayList<>();
        if (devices.size() == 1) {
            assignments.addAll(placing.on(devices.getFirst(), this::openCpu));
        } else {
            List<Device> all = List.copyOf(devices);
            List<@Nullable Assignment> shares = placing.across(all);
            for (int i = 0; i < all.size(); i++) {
                Assignment share = shares.get(i);
                if (share != null) {
                    assignments.add(share);
                } else {
                    devices.remove(all.get(i));
                    all.get(i).close();
                }
            }
        }
        notes = placing.notes();
        return new Executor(graph, assignments, options.batchTokens(), progress);
    }

    private Device openCpu() {
        Device cpu = open(catalog.select("cpu"));
        devices.add(cpu);
        return cpu;
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
        return notes.stream().map(note -> "; " + note).collect(Collectors.joining());
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
