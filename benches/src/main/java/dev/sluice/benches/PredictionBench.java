package dev.sluice.benches;

import dev.sluice.LoadOptions;
import dev.sluice.Model;
import dev.sluice.PlacementWishes;
import dev.sluice.Sluice;
import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceInfo;
import dev.sluice.backend.DeviceOptions;
import dev.sluice.bench.Prediction;
import dev.sluice.bench.ReadBandwidth;
import dev.sluice.bench.Throughput;
import dev.sluice.bench.ThroughputTest;
import dev.sluice.error.SluiceException;
import dev.sluice.formats.ModelFiles;
import dev.sluice.formats.ModelSource;
import dev.sluice.measure.DeviceProfiler;
import dev.sluice.measure.Subject;
import dev.sluice.model.ModelFamilies;
import dev.sluice.plan.DeviceCatalog;
import dev.sluice.plan.DeviceProfile;
import dev.sluice.plan.HardwareFiles;
import dev.sluice.plan.HostProfile;
import dev.sluice.plan.ProfileStore;
import dev.sluice.runtime.Assignment;
import dev.sluice.tensor.DType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Predicted and measured speed of decoding, in one process. While a device's profile is measured, what has layers on it takes its
 * steps between the passes of that: on a shared machine, whose speed is another one from second to second, both must see the same
 * moments. {@code scripts/predict-check} runs it, and makes a table of the lines that this prints: model, devices, test, predicted
 * and measured tokens per second, separated by tabs; one line for each round.
 */
public final class PredictionBench {
    private static final int GENERATED = 32;
    private static final int PASSES = 5;
    private static final int WARM_UPS = 5;

    private final Settings settings;
    private final Path file;
    private final Subject subject;
    private final ProfileStore store = ProfileStore.ofUser();
    private final List<Case> cases = new ArrayList<>();

    /**
     * What is measured.
     *
     * @param hardware a machine with simulated devices; null for those that are here
     * @param sequences of the tests
     * @param rounds how often
     * @param end no round begins after it
     */
    private record Settings(@Nullable String hardware, List<Integer> sequences, int rounds, long end) {}

    /**
     * A loaded model.
     *
     * @param devices that it is on
     * @param rates of each test in this round
     */
    private record Case(Model model, List<DeviceInfo> devices, String label, Map<ThroughputTest, List<Double>> rates) {}

    private PredictionBench(Settings settings, Path file, Subject subject) {
        this.settings = settings;
        this.file = file;
        this.subject = subject;
    }

    /**
     * Measures a model: {@code MODEL [hardware=FILE] [sequences=N,N] [rounds=N] [seconds=N] CASE…}, where a case is
     * {@code SPEC [--memory LIMITS] [--place REGEX=ID]…}.
     */
    public static void main(String[] args) {
        Path file = Path.of(args[0]);
        String hardware = null;
        List<Integer> sequences = List.of(1, 8);
        int rounds = 3;
        long seconds = Integer.MAX_VALUE;
        List<String> wanted = new ArrayList<>();
        for (String word : List.of(args).subList(1, args.length)) {
            String value = word.substring(word.indexOf('=') + 1);
            if (word.startsWith("hardware=")) {
                hardware = value;
            } else if (word.startsWith("sequences=")) {
                sequences = Arrays.stream(value.split(",", -1))
                        .map(Integer::valueOf)
                        .toList();
            } else if (word.startsWith("rounds=")) {
                rounds = Integer.parseInt(value);
            } else if (word.startsWith("seconds=")) {
                seconds = Long.parseLong(value);
            } else {
                wanted.add(word);
            }
        }
        Settings settings = new Settings(hardware, sequences, rounds, System.nanoTime() + 1_000_000_000 * seconds);
        try {
            Subject subject;
            try (ModelSource source = ModelFiles.open(file)) {
                subject = Subject.of(ModelFamilies.lower(source));
            }
            new PredictionBench(settings, file, subject).run(wanted);
        } catch (SluiceException e) {
            System.err.println("predict-check: " + e.getMessage());
            System.exit(1);
        }
    }

    private void run(List<String> wanted) {
        DeviceCatalog catalog = DeviceCatalog.discover(
                "", settings.hardware() == null ? List.of() : HardwareFiles.simulations(settings.hardware()));
        try {
            for (String one : wanted) {
                cases.add(load(catalog, one));
            }
            for (int i = 0; i < WARM_UPS; i++) {
                cases.forEach(this::sample);
            }
            for (int round = 0; round < settings.rounds() && System.nanoTime() < settings.end(); round++) {
                cases.forEach(one -> one.rates().clear());
                Set<DeviceInfo> devices = new LinkedHashSet<>();
                cases.forEach(one -> devices.addAll(one.devices()));
                for (DeviceInfo device : devices) {
                    List<Case> own = cases.stream()
                            .filter(one -> one.devices().contains(device))
                            .toList();
                    int[] turn = {0};
                    measure(catalog, device, () -> sample(own.get(turn[0]++ % own.size())));
                }
                cases.forEach(this::tell);
            }
        } finally {
            cases.forEach(one -> one.model().close());
        }
    }

    private Case load(DeviceCatalog catalog, String words) {
        String[] parts = words.strip().split("\\s+", -1);
        List<DeviceInfo> devices = catalog.selectAll(parts[0]);
        List<String> places = new ArrayList<>();
        Map<String, Long> memory = new HashMap<>();
        for (int i = 1; i + 1 < parts.length; i += 2) {
            switch (parts[i]) {
                case "--place" -> places.add(parts[i + 1]);
                case "--memory" -> {
                    for (String limit : parts[i + 1].split(",", -1)) {
                        int equals = limit.indexOf('=');
                        String number = limit.substring(equals + 1).toUpperCase(Locale.ROOT);
                        memory.put(
                                limit.substring(0, equals),
                                Math.round(1024 * 1024 * Double.parseDouble(number.replace("M", ""))));
                    }
                }
                default -> throw new IllegalArgumentException(words + ": --place REGEX=ID, --memory ID=NUMBER M");
            }
        }
        for (DeviceInfo device : devices) {
            if (!isMeasured(device)) {
                measure(catalog, device, () -> {}); // a plan needs profiles
            }
        }
        Model model = Sluice.load(
                file,
                LoadOptions.DEFAULT
                        .withDevice(parts[0])
                        .withHardware(settings.hardware())
                        .withContextLength(settings.sequences().stream()
                                        .mapToInt(n -> n)
                                        .max()
                                        .orElseThrow()
                                * GENERATED)
                        .withDeviceMemory(memory)
                        .withPlacement(places.isEmpty() ? null : new PlacementWishes(false, 1, null, places)));
        List<DeviceInfo> used = model.assignments().stream()
                .map(assignment -> assignment.device().info())
                .toList();
        String label = model.assignments().stream().map(Assignment::label).collect(Collectors.joining(" + "));
        System.err.println(label + ": " + model.path());
        return new Case(model, used, label, new HashMap<>());
    }

    private boolean isMeasured(DeviceInfo device) {
        Set<String> formats = subject.formats().stream().map(DType::name).collect(Collectors.toSet());
        return store.findHost().isPresent()
                && store.find(device)
                        .filter(profile -> profile.rates().keySet().containsAll(formats))
                        .isPresent();
    }

    /** Runs each test of a case once. */
    private void sample(Case one) {
        Throughput throughput = new Throughput(one.model());
        for (ThroughputTest test : tests()) {
            double rate = throughput.run(test, false, 1).averageRate();
            one.rates().computeIfAbsent(test, t -> new ArrayList<>()).add(rate);
        }
    }

    private List<ThroughputTest> tests() {
        return settings.sequences().stream()
                .map(sequences -> new ThroughputTest(0, GENERATED, 0, sequences))
                .toList();
    }

    private void tell(Case one) {
        Prediction prediction = Prediction.of(one.model(), store);
        for (ThroughputTest test : tests()) {
            System.out.printf(
                    Locale.ROOT,
                    "%s\t%s\t%s\t%.2f\t%.2f%n",
                    file.getFileName(),
                    one.label(),
                    test.label(),
                    test.tokens() / prediction.seconds(test),
                    median(Objects.requireNonNull(one.rates().get(test)).stream()
                            .mapToDouble(rate -> rate)
                            .toArray()));
        }
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    /** Measures a device. */
    private void measure(DeviceCatalog catalog, DeviceInfo info, Runnable between) {
        long started = System.nanoTime();
        try (Device device = catalog.open(info, new DeviceOptions(0, DeviceProfiler.MOST_TOKENS))) {
            DeviceProfile profile = DeviceProfiler.measure(device, subject, (what, done, total) -> {}, between);
            store.keep(info, store.find(info).map(profile::after).orElse(profile));
        }
        if (store.findHost().isEmpty()) {
            long memory = catalog.select("cpu").memoryBytes();
            try (ReadBandwidth bandwidth =
                    new ReadBandwidth(Runtime.getRuntime().availableProcessors(), memory)) {
                store.keepHost(new HostProfile(memory, bandwidth.sample(PASSES).median(), 0));
            }
        }
        System.err.printf(Locale.ROOT, "%s measured in %.1f s%n", info.id(), 1e-9 * (System.nanoTime() - started));
    }
}
