package dev.sluice;

import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceInfo;
import dev.sluice.backend.DeviceOptions;
import dev.sluice.backend.LaunchProfile;
import dev.sluice.error.DeviceFailure;
import dev.sluice.error.SluiceException;
import dev.sluice.graph.Graph;
import dev.sluice.plan.DeviceCatalog;
import dev.sluice.plan.HardwareFiles;
import dev.sluice.runtime.Assignment;
import dev.sluice.runtime.Executor;
import dev.sluice.runtime.HostShare;
import dev.sluice.runtime.Progress;
import dev.sluice.runtime.Recovery;
import dev.sluice.trace.PlanSpan;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The open devices that a model is on: one, or several that share its layers. When one of them fails it is dropped, and the layers
 * are shared out among the rest.
 */
final class DeviceGroup implements Recovery, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DeviceGroup.class);
    /** Tokens of a step at least: fewer would read the weights too often for a prompt. */
    private static final int FEWEST_TOKENS = 32;

    private final DeviceCatalog catalog;
    private LoadOptions options;
    /** Whether it is settled how many tokens a step may have. */
    private boolean settled;

    private boolean smaller;

    private final String model;
    private final String identity;
    private final Graph graph;
    private final int context;
    /** Those that were named and have not failed. */
    private final List<DeviceInfo> usable;

    private final List<Device> devices = new ArrayList<>();
    private final List<String> failures = new ArrayList<>();
    private List<String> notes = List.of();

    /**
     * Devices of which none is open yet.
     *
     * @param model for messages
     * @param identity differs from that of every other model
     */
    DeviceGroup(DeviceCatalog catalog, LoadOptions options, String model, String identity, Graph graph, int context) {
        this.catalog = catalog;
        this.options = options;
        this.model = model;
        this.identity = identity;
        this.graph = graph;
        this.context = context;
        usable = new ArrayList<>(named(catalog, options));
    }

    /** The devices that are meant; a plan that nobody names devices for may use the CPU beside all that are made of something else. */
    private static List<DeviceInfo> named(DeviceCatalog catalog, LoadOptions options) {
        if (!options.wantsPlan() || !isAuto(options)) {
            return catalog.selectAll(options.device());
        }
        return catalog.devices().stream()
                .filter(info ->
                        info.kind() != DeviceInfo.Kind.CPU || info.backend().equals("cpu"))
                .toList();
    }

    private static boolean isAuto(LoadOptions options) {
        return options.device().strip().equalsIgnoreCase("auto");
    }

    /** The devices that there are. */
    static DeviceCatalog catalog(LoadOptions options) {
        String hardware = options.hardware();
        return DeviceCatalog.discover(
                options.device(), hardware == null ? List.of() : HardwareFiles.simulations(hardware));
    }

    /** Opens the devices and compiles the model for them, after counting what it takes. */
    Executor executor(Progress progress) {
        try {
            List<Assignment> assignments = assignments();
            settled = true;
            return new Executor(graph, assignments, options.batchTokens(), progress, this);
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    @Override
    public synchronized boolean isLast(DeviceFailure failure) {
        return usable.stream().allMatch(info -> info.id().equals(failure.device()));
    }

    @Override
    public synchronized List<Assignment> without(DeviceFailure failure) {
        drop(failure);
        return assignments();
    }

    @Override
    public synchronized void requireRight() {
        for (Device device : devices) {
            SelfTests.require(catalog, device, options, graph);
        }
    }

    private synchronized List<Assignment> assignments() {
        while (true) {
            try {
                openAll();
                PlanSpan plan = new PlanSpan();
                plan.start();
                List<Assignment> shared = shared();
                plan.stop(graph.layers().size(), devices.size());
                return shared;
            } catch (DeviceFailure e) {
                drop(e);
            }
        }
    }

    private void drop(DeviceFailure failure) {
        if (!usable.removeIf(info -> info.id().equals(failure.device()))) {
            throw failure;
        }
        for (Device device : List.copyOf(devices)) {
            if (device.info().id().equals(failure.device())) {
                devices.remove(device);
                try {
                    device.close();
                } catch (RuntimeException e) {
                    LOG.debug("{} does not even close", failure.device(), e);
                }
            }
        }
        failures.add(failure.getMessage());
        if (options.hostShare() != null && options.hostShare() > 0) {
            options = options.withHostShare(null); // a wish for layers that were streamed to what is gone, maybe
        }
        if (usable.isEmpty()) {
            throw failures.size() == 1
                    ? failure
                    : new SluiceException("no device is left: " + String.join("; ", failures), failure);
        }
        LOG.warn(
                "{} is dropped: {}. Going on with {}",
                failure.device(),
                failure.getMessage(),
                usable.stream().map(DeviceInfo::id).collect(Collectors.joining(", ")));
    }

    private void openAll() {
        for (Device device : List.copyOf(devices)) {
            if (!usable.contains(device.info())) {
                devices.remove(device); // the CPU, which helped a device that is gone
                device.close();
            }
        }
        for (DeviceInfo info : usable) {
            if (devices.stream().noneMatch(device -> device.info().equals(info))) {
                Device device = open(info);
                devices.add(device);
                SelfTests.requireOnce(catalog, device, options, graph);
            }
        }
        devices.sort(Comparator.comparingInt(device -> usable.indexOf(device.info())));
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

    /** How the devices share the layers. */
    private List<Assignment> shared() {
        Placing placing = new Placing(model, identity, graph, context, options);
        List<Assignment> assignments = new ArrayList<>();
        List<Device> named = devices.stream()
                .filter(device -> usable.contains(device.info()))
                .toList();
        if (named.size() == 1 && !options.wantsPlan()) {
            List<Assignment> fitting = withCpu(placing, named.getFirst());
            if (fitting.isEmpty()) {
                fitting = placing.on(named.getFirst(), this::openCpu);
            }
            if (fitting.isEmpty()) {
                return withSmallerSteps(placing, named.getFirst());
            }
            assignments.addAll(fitting);
        } else {
            assignments.addAll(placing.across(named));
        }
        notes = new ArrayList<>(placing.notes());
        if (smaller) {
            notes.add("prompts are read " + options.batchTokens() + " tokens at a time, as memory is short");
        }
        for (Device device : List.copyOf(devices)) {
            if (assignments.stream().noneMatch(assignment -> uses(assignment, device))) {
                devices.remove(device);
                device.close();
            }
        }
        return assignments;
    }

    private static boolean uses(Assignment assignment, Device device) {
        HostShare host = assignment.host();
        return assignment.device() == device || (host != null && host.cpu() == device);
    }

    /** Where nobody names devices the CPU helps the one that was chosen, if that cannot hold all; empty if it does not. */
    private List<Assignment> withCpu(Placing placing, Device device) {
        return isAuto(options) && placing.mayNeedCpu(device, catalog.select("cpu"))
                ? placing.byPlan(List.of(device, openCpu()))
                : List.of();
    }

    /** The scratch memory of steps is in proportion to their tokens: fewer of them leave room for weights. */
    private List<Assignment> withSmallerSteps(Placing placing, Device device) {
        if (settled || options.batchTokens() <= FEWEST_TOKENS) {
            throw placing.refusal(device);
        }
        options = options.withBatchTokens(Math.max(FEWEST_TOKENS, options.batchTokens() / 4));
        smaller = true;
        close();
        devices.clear();
        openAll();
        return shared();
    }

    /** The CPU, beside the device that was named. */
    private Device openCpu() {
        DeviceInfo info = catalog.select("cpu");
        return devices.stream()
                .filter(device -> device.info().equals(info))
                .findFirst()
                .orElseGet(() -> {
                    Device cpu = open(info);
                    devices.add(cpu);
                    return cpu;
                });
    }

    /** What is known of the device; of several, together. */
    synchronized DeviceInfo info() {
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
    synchronized String notes() {
        return notes.stream().map(note -> "; " + note).collect(Collectors.joining());
    }

    synchronized void startProfile() {
        devices.forEach(Device::startProfile);
    }

    /** What all devices together launched; empty if none keeps a record. */
    synchronized Optional<LaunchProfile> takeProfile() {
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
    public synchronized void close() {
        devices.reversed().forEach(Device::close);
    }
}
