package dev.sluice.benches;

import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceInfo;
import dev.sluice.backend.DeviceOptions;
import dev.sluice.backend.KvType;
import dev.sluice.formats.ModelFiles;
import dev.sluice.formats.ModelSource;
import dev.sluice.graph.Graph;
import dev.sluice.graph.HeadSlices;
import dev.sluice.graph.Layer;
import dev.sluice.model.ModelFamilies;
import dev.sluice.plan.DeviceCatalog;
import dev.sluice.plan.HardwareFiles;
import dev.sluice.plan.SlotRing;
import dev.sluice.plan.StreamChoice;
import dev.sluice.runtime.Assignment;
import dev.sluice.runtime.Batch;
import dev.sluice.runtime.Executor;
import dev.sluice.runtime.GreedyRun;
import dev.sluice.runtime.Progress;
import dev.sluice.runtime.Sequence;
import dev.sluice.trace.Timeline;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Steps with streamed weights beside the same steps with all of them resident, on simulated links of several speeds, with room for a
 * part of the weights, for some numbers of sequences. The best that a step can take is what takes longer, its computation
 * (measured with resident weights, in turns with the streamed ones) or its copies (bytes over the link's rate). What the ring of
 * slots makes of these stands beside it ({@link SlotRing}): it may be more, where the link rests because all slots are full.
 * Blocks and slices of the head are streamed, not the embedding, of whose table a token takes a row. {@code scripts/stream-check}
 * runs it.
 */
public final class StreamBench {
    /** How long a sample takes at least: some steps. */
    private static final double SAMPLE_SECONDS = 0.04;
    /** Runs before those that count, while the JVM compiles: for the first numbers, and for others. */
    private static final double[] WARM_SECONDS = {5, 0.5};

    private static final int FEWEST_STEPS = 6;
    private static final int MOST_STEPS = 60;
    private final Settings settings;
    private final Graph graph;
    private double warmSeconds = WARM_SECONDS[0];

    /**
     * What is measured.
     *
     * @param links bytes per second
     * @param rooms shares of the bytes of blocks and head
     * @param sequences of a step
     * @param slots of the ring
     * @param threads of the CPU that computes; 0: its cores
     * @param factor how many times as long as the CPU the device takes
     * @param rounds that count
     * @param trace where the timeline goes
     */
    private record Settings(
            List<Double> links,
            List<Double> rooms,
            List<Integer> sequences,
            int slots,
            int threads,
            double factor,
            int rounds,
            @Nullable Path trace) {}

    private StreamBench(Settings settings, Graph graph) {
        this.settings = settings;
        this.graph = graph;
    }

    /** Measures a model, with {@code name=value} for what is not to be as usual; the table goes to the standard output. */
    public static void main(String[] args) throws IOException {
        if (args.length == 0) {
            throw new IllegalArgumentException("name a model");
        }
        Settings settings = settings(List.of(args).subList(1, args.length));
        Path machine = Files.createTempFile("sluice-links", ".json");
        try (ModelSource source = ModelFiles.open(Path.of(args[0]));
                Timeline _ = settings.trace() == null ? null : Timeline.record(settings.trace())) {
            Files.writeString(machine, machine(settings));
            DeviceCatalog catalog = DeviceCatalog.discover("cpu", HardwareFiles.simulations(machine.toString()));
            System.out.println(
                    "| link GB/s | room | streamed MB | sequences | copies ms | computation ms | without blocks ms |"
                            + " step ms | step / larger | ring ms |");
            System.out.println("|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
            StreamBench bench = new StreamBench(settings, ModelFamilies.lower(source));
            for (int link = 0; link < settings.links().size(); link++) {
                for (double room : settings.rooms()) {
                    bench.compare(catalog, link, room);
                }
            }
        } finally {
            Files.delete(machine);
        }
    }

    private static Settings settings(List<String> words) {
        List<Double> links = List.of(0.5e9, 2e9, 8e9);
        List<Double> rooms = List.of(0.25, 0.5, 0.75);
        List<Integer> sequences = List.of(1, 8, 32);
        int slots = 3;
        int threads = 0;
        double factor = 1;
        int rounds = 21;
        Path trace = null;
        for (String word : words) {
            String value = word.substring(word.indexOf('=') + 1);
            switch (word.substring(0, Math.max(0, word.indexOf('=')))) {
                case "links" -> links = numbers(value, 1e9);
                case "rooms" -> rooms = numbers(value, 0.01);
                case "sequences" ->
                    sequences = numbers(value, 1).stream().map(Double::intValue).toList();
                case "slots" -> slots = Integer.parseInt(value);
                case "threads" -> threads = Integer.parseInt(value);
                case "factor" -> factor = Double.parseDouble(value);
                case "rounds" -> rounds = Integer.parseInt(value);
                case "trace" -> trace = Path.of(value);
                default ->
                    throw new IllegalArgumentException(word
                            + ": links=GB/s,… rooms=%,… sequences=N,… slots=N threads=N factor=N rounds=N trace=FILE");
            }
        }
        return new Settings(links, rooms, sequences, slots, threads, factor, rounds, trace);
    }

    private static List<Double> numbers(String list, double unit) {
        return Arrays.stream(list.split(",", -1))
                .map(number -> unit * Double.parseDouble(number))
                .toList();
    }

    /** A device for each link, computing on the CPU. */
    private static String machine(Settings settings) {
        List<Double> rates = settings.links();
        List<String> devices = new ArrayList<>();
        for (int i = 0; i < rates.size(); i++) {
            devices.add(String.format(
                    Locale.ROOT,
                    "{\"id\": \"link:%d\", \"simulate\": {\"device\": \"cpu\", \"memory_bytes\": 16e9,"
                            + " \"speed_factor\": %s, \"link\": {\"bytes_per_second\": %.0f}}}",
                    i,
                    settings.factor(),
                    rates.get(i)));
        }
        return "{\"devices\": [" + String.join(", ", devices) + "]}";
    }

    private void compare(DeviceCatalog catalog, int link, double room) {
        int batch = settings.sequences().stream().mapToInt(n -> n).max().orElseThrow();
        DeviceOptions options = new DeviceOptions(settings.threads(), batch);
        DeviceInfo info = catalog.select("link:" + link);
        try (Device device = catalog.open(info, options)) {
            List<Long> images = images(device);
            Set<Integer> streamed = streamed(images, room);
            long bytes = streamed.stream().mapToLong(images::get).sum();
            try (Executor resident = new Executor(graph, device, batch, Progress.NONE);
                    Executor bare = new Executor(withoutBlocks(), device, batch, Progress.NONE);
                    Executor streaming = streaming(device, streamed, batch)) {
                for (int sequences : settings.sequences()) {
                    List<double[]> times = times(List.of(resident, bare, streaming), sequences);
                    double copies = bytes / settings.links().get(link);
                    double[] ratios = new double[settings.rounds()];
                    for (int i = 0; i < ratios.length; i++) {
                        ratios[i] = times.get(2)[i] / Math.max(copies, times.get(0)[i]);
                    }
                    double ring = ring(
                            images, streamed, settings.links().get(link), median(times.get(0)), median(times.get(1)));
                    System.out.printf(
                            Locale.ROOT,
                            "| %.1f | %.0f %% | %.1f | %d | %.2f | %.2f | %.2f | %.2f | %.3f | %.2f |%n",
                            settings.links().get(link) / 1e9,
                            100 * room,
                            bytes / 1e6,
                            sequences,
                            1e3 * copies,
                            1e3 * median(times.get(0)),
                            1e3 * median(times.get(1)),
                            1e3 * median(times.get(2)),
                            median(ratios),
                            1e3 * ring);
                }
            }
        }
    }

    /** Bytes of each block, and behind them of each slice of the head. */
    private List<Long> images(Device device) {
        List<Long> images = new ArrayList<>();
        for (Layer layer : blocks()) {
            images.add(device.imageBytes(layer));
        }
        HeadSlices slices = new HeadSlices(graph);
        for (HeadSlices.Part part : slices.parts(slices.all())) {
            images.add(device.imageBytes(part.layer()));
        }
        return images;
    }

    private List<Layer> blocks() {
        return graph.layers().subList(1, graph.layers().size() - 1);
    }

    /** What a step takes besides: embedding, head, choice, and what the host does between two steps. */
    private Graph withoutBlocks() {
        return new Graph(
                graph.family(),
                graph.embedding(),
                graph.vocabulary(),
                graph.contextLength(),
                List.of(graph.layers().getFirst(), graph.layers().getLast()));
    }

    /** What the order of copies and computation makes of their times, without any delay. */
    private double ring(List<Long> images, Set<Integer> streamed, double rate, double all, double bare) {
        int blocks = blocks().size();
        int slices = images.size() - blocks;
        double[] compute = new double[images.size()];
        double[] copy = new double[images.size()];
        for (int i = 0; i < compute.length; i++) {
            compute[i] = i < blocks ? (all - bare) / blocks : bare / slices;
            copy[i] = streamed.contains(i) ? images.get(i) / rate : 0;
        }
        return SlotRing.seconds(compute, copy, settings.slots(), 0);
    }

    private Executor streaming(Device device, Set<Integer> streamed, int batch) {
        int blocks = blocks().size();
        Set<Integer> slices =
                streamed.stream().filter(i -> i >= blocks).map(i -> i - blocks).collect(Collectors.toSet());
        Set<Integer> layers =
                streamed.stream().filter(i -> i < blocks).map(i -> i + 1).collect(Collectors.toSet());
        Assignment assignment = Assignment.streaming(device, blocks + 2, layers, settings.slots(), null)
                .withSlices(slices);
        return new Executor(graph, List.of(assignment), batch, Progress.NONE);
    }

    /** As few of them, evenly spread, as leave the rest and the slots within the room. */
    private Set<Integer> streamed(List<Long> images, double room) {
        List<Integer> numbers = IntStream.range(0, images.size()).boxed().toList();
        long all = images.stream().mapToLong(i -> i).sum();
        long largest = images.stream().mapToLong(i -> i).max().orElseThrow();
        for (int count = 1; count < numbers.size(); count++) {
            Set<Integer> chosen = StreamChoice.spread(blocks().size(), numbers.size() - blocks().size(), count);
            long streamed = chosen.stream().mapToLong(images::get).sum();
            if (all - streamed + settings.slots() * largest <= room * all) {
                return chosen;
            }
        }
        return Set.copyOf(numbers);
    }

    /** For each executor the seconds of a step in each round, measured in turns. */
    private List<double[]> times(List<Executor> executors, int sequences) {
        List<double[]> samples = new ArrayList<>();
        List<AutoCloseable> open = new ArrayList<>();
        try {
            List<Batch> batches = new ArrayList<>();
            List<List<Sequence>> rows = new ArrayList<>();
            for (Executor executor : executors) {
                Batch batch = executor.newBatch(sequences);
                open.add(batch);
                batches.add(batch);
                List<Sequence> own = new ArrayList<>();
                for (int s = 0; s < sequences; s++) {
                    Sequence sequence = executor.newSequence(MOST_STEPS + 1, KvType.F16, batch);
                    open.add(sequence);
                    own.add(sequence);
                }
                rows.add(own);
                samples.add(new double[settings.rounds()]);
            }
            int steps = FEWEST_STEPS;
            long warm = System.nanoTime() + Math.round(1e9 * warmSeconds);
            warmSeconds = WARM_SECONDS[1];
            for (int round = -1; round < settings.rounds(); ) {
                double longest = 0;
                for (int i = 0; i < executors.size(); i++) {
                    double seconds = seconds(batches.get(i), rows.get(i), steps);
                    longest = Math.max(longest, seconds);
                    if (round >= 0) {
                        samples.get(i)[round] = seconds;
                    }
                }
                if (round >= 0 || System.nanoTime() > warm) {
                    round++;
                    steps = round > 0 ? steps : (int) Math.clamp(SAMPLE_SECONDS / longest, FEWEST_STEPS, MOST_STEPS);
                }
            }
        } finally {
            for (AutoCloseable one : open.reversed()) {
                close(one);
            }
        }
        return samples;
    }

    private static double seconds(Batch batch, List<Sequence> sequences, int steps) {
        sequences.forEach(sequence -> sequence.truncate(0));
        if (sequences.size() == 1) {
            return seconds(sequences.getFirst(), steps);
        }
        int[] token = {1};
        long started = 0;
        for (int step = -1; step < steps; step++) {
            if (step == 0) {
                started = System.nanoTime(); // the ring is full by now
            }
            batch.clear();
            for (Sequence sequence : sequences) {
                batch.add(sequence, token, 0, 1, 1);
            }
            batch.run();
            batch.bestToken(0);
        }
        return 1e-9 * (System.nanoTime() - started) / steps;
    }

    /** As text is generated: the next step is on its way before the last is read. */
    private static double seconds(Sequence sequence, int steps) {
        try (GreedyRun run = sequence.greedy(1, steps + 1)) {
            run.next();
            long started = System.nanoTime();
            for (int step = 0; step < steps; step++) {
                run.next();
            }
            return 1e-9 * (System.nanoTime() - started) / steps;
        }
    }

    private static double median(double[] samples) {
        double[] sorted = samples.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private static void close(AutoCloseable one) {
        try {
            one.close();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
