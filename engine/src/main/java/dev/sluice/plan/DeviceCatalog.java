package dev.sluice.plan;

import dev.sluice.backend.Backend;
import dev.sluice.backend.CpuKernels;
import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceInfo;
import dev.sluice.backend.DeviceOptions;
import dev.sluice.backend.Precision;
import dev.sluice.error.SluiceException;
import dev.sluice.simulate.SimulatedBackend;
import dev.sluice.simulate.Simulation;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Every device that the installed backends find, and the understanding of a device specification. */
public final class DeviceCatalog {
    private static final String CPU = "cpu";

    private final Map<String, Backend> backends = new TreeMap<>();
    private final List<DeviceInfo> devices = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();

    private DeviceCatalog() {}

    /** Asks every installed backend for its devices; what is missing becomes a note, never an error. */
    public static DeviceCatalog discover() {
        return of(ServiceLoader.load(Backend.class, DeviceCatalog.class.getClassLoader()));
    }

    /**
     * As {@link #discover()}, but asks no other backend than the CPU's if the specification names that: drivers of other
     * devices take long to load.
     */
    public static DeviceCatalog discover(String spec) {
        ServiceLoader<Backend> all = ServiceLoader.load(Backend.class, DeviceCatalog.class.getClassLoader());
        return spec.strip().equalsIgnoreCase(CPU)
                ? of(() -> all.stream()
                        .map(ServiceLoader.Provider::get)
                        .filter(backend -> backend.name().equals(CPU))
                        .iterator())
                : of(all);
    }

    /**
     * As {@link #discover(String)}, with the simulated devices of a machine before those that are here, of which one of the
     * same id cannot be chosen then.
     *
     * @param simulations of a hardware file; none leaves the machine as it is
     * @throws SluiceException if one computes on a device that is not here
     */
    public static DeviceCatalog discover(String spec, List<Simulation> simulations) {
        if (simulations.isEmpty()) {
            return discover(spec);
        }
        DeviceCatalog real = simulations.stream().allMatch(s -> s.real().equalsIgnoreCase(CPU))
                        && simulations.stream()
                                .anyMatch(s -> s.id().equals(spec.strip().toLowerCase(Locale.ROOT)))
                ? discover(CPU)
                : discover();
        simulations.forEach(s -> real.select(s.real()));
        return real.with(new SimulatedBackend(simulations, real::select, real::open));
    }

    private DeviceCatalog with(Backend simulated) {
        DeviceCatalog both = new DeviceCatalog();
        both.backends.putAll(backends);
        both.backends.put(simulated.name(), simulated);
        both.devices.addAll(simulated.discover().devices());
        Set<String> taken = both.devices.stream().map(DeviceInfo::id).collect(Collectors.toSet());
        devices.stream().filter(d -> !taken.contains(d.id())).forEach(both.devices::add);
        both.notes.addAll(notes);
        return both;
    }

    static DeviceCatalog of(Iterable<Backend> backends) {
        DeviceCatalog catalog = new DeviceCatalog();
        for (Backend backend : backends) {
            catalog.backends.put(backend.name(), backend);
        }
        for (Backend backend : catalog.backends.values()) {
            Backend.Discovery discovery = backend.discover();
            catalog.devices.addAll(discovery.devices());
            catalog.notes.addAll(discovery.notes());
        }
        return catalog;
    }

    /** All devices, grouped by backend. */
    public List<DeviceInfo> devices() {
        return List.copyOf(devices);
    }

    /** What is missing and what would mend it, a sentence each. */
    public List<String> notes() {
        return List.copyOf(notes);
    }

    /**
     * The device that a specification means.
     *
     * <ul>
     *   <li>{@code auto}: the first OpenCL GPU or accelerator with the most memory; without one, the CPU;
     *   <li>a backend's name ({@code cpu}, {@code opencl}): its best device (GPUs before accelerators before CPUs);
     *   <li>a device's id ({@code opencl:1});
     *   <li>{@code opencl:intel}: the first of that backend whose description contains the word, in any case.
     * </ul>
     *
     * @throws SluiceException if nothing matches; the message lists what there is and what is missing
     */
    public DeviceInfo select(String spec) {
        String wanted = spec.strip().toLowerCase(Locale.ROOT);
        if (wanted.equals("auto")) {
            return devices.stream()
                    .filter(d -> d.kind() != DeviceInfo.Kind.CPU)
                    .max(Comparator.comparingLong(DeviceInfo::memoryBytes))
                    .or(() -> devices.stream()
                            .filter(d -> d.backend().equals(CPU))
                            .findFirst())
                    .orElseThrow(() -> noneFor(spec));
        }
        for (DeviceInfo device : devices) {
            if (device.id().equals(wanted)) {
                return device;
            }
        }
        int colon = wanted.indexOf(':');
        String backend = colon < 0 ? wanted : wanted.substring(0, colon);
        String word = colon < 0 ? "" : wanted.substring(colon + 1);
        return devices.stream()
                .filter(d -> d.backend().equals(backend))
                .filter(d -> word.isEmpty() || (isWord(word) && describes(d, word)))
                .min(Comparator.comparingInt(d -> rank(d.kind())))
                .orElseThrow(() -> noneFor(spec));
    }

    /**
     * The devices that a list of specifications means, separated by commas, in its order.
     *
     * @throws SluiceException if one matches nothing, or two the same device
     */
    public List<DeviceInfo> selectAll(String specs) {
        List<DeviceInfo> chosen = new ArrayList<>();
        for (String spec : specs.split(",", -1)) {
            DeviceInfo device = select(spec);
            if (chosen.contains(device)) {
                throw new SluiceException("--device " + specs + " names " + device.id() + " (" + device.name() + ", "
                        + device.platform() + ") twice: name each device once");
            }
            chosen.add(device);
        }
        return chosen;
    }

    /**
     * Opens one of {@link #devices()}.
     *
     * @throws SluiceException if the device cannot be opened
     */
    public Device open(DeviceInfo info, DeviceOptions options) {
        Backend backend = backends.get(info.backend());
        if (backend == null) {
            throw new IllegalArgumentException("no backend named " + info.backend());
        }
        return backend.open(info, options);
    }

    /**
     * Opens the CPU with the scalar code that defines every operation.
     *
     * @throws SluiceException if the backend is not installed
     */
    public Device openReference(int batchTokens) {
        Backend cpu = backends.get(CPU);
        if (cpu == null) {
            throw noneFor(CPU);
        }
        return cpu.open(
                cpu.discover().devices().getFirst(),
                new DeviceOptions(1, batchTokens, Precision.EXACT, CpuKernels.SCALAR));
    }

    /** A bare number is an index, never part of a name. */
    private static boolean isWord(String text) {
        return !text.chars().allMatch(Character::isDigit);
    }

    private static boolean describes(DeviceInfo device, String word) {
        // The version belongs to it: PoCL, for one, names itself only there.
        String words =
                device.name() + " " + device.platform() + " " + device.details().get("version");
        return words.toLowerCase(Locale.ROOT).contains(word);
    }

    private static int rank(DeviceInfo.Kind kind) {
        return switch (kind) {
            case GPU -> 0;
            case ACCELERATOR -> 1;
            case CPU -> 2;
        };
    }

    private SluiceException noneFor(String spec) {
        String present = devices.isEmpty()
                ? "none"
                : devices.stream()
                        .map(d -> d.id() + " (" + d.name() + ", " + d.platform() + ")")
                        .collect(Collectors.joining("; "));
        String missing = notes.isEmpty() ? "" : " " + String.join(" ", notes);
        return new SluiceException(
                "--device " + spec + " matches no device. Devices present: " + present + "." + missing);
    }
}
