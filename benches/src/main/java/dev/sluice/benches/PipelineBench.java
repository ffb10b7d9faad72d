package dev.sluice.benches;

import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceOptions;
import dev.sluice.backend.KvType;
import dev.sluice.formats.ModelFiles;
import dev.sluice.formats.ModelSource;
import dev.sluice.graph.Graph;
import dev.sluice.graph.Layer;
import dev.sluice.model.ModelFamilies;
import dev.sluice.plan.DeviceCatalog;
import dev.sluice.plan.HardwareFiles;
import dev.sluice.runtime.Assignment;
import dev.sluice.runtime.Batch;
import dev.sluice.runtime.Executor;
import dev.sluice.runtime.Progress;
import dev.sluice.runtime.Sequence;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;

/**
 * What micro-batches gain, on simulated devices that compute on the CPU, on one thread and {@link #FACTOR} times as slowly, so that
 * several of them do not wait for each other.
 *
 * <ul>
 *   <li>Layers shared evenly by one, two and three equal devices: a prompt of {@link #CHUNKS} chunks and steps of many sequences,
 *       beside one device and beside the ideal, (n + devices − 1) / (n · devices) of one device's time for n micro-batches.
 *   <li>All blocks streamed over a link: prompts of several chunks, beside one copy of the weights and beside a step for each chunk.
 * </ul>
 *
 * <p>{@code scripts/pipeline-check} runs it.
 */
public final class PipelineBench {
    private static final int CHUNK = 64;
    private static final int CHUNKS = 8;
    private static final int DEVICES = 3;
    private static final int FACTOR = 4;
    private static final int SEQUENCES = 32;
    /** Steps of many sequences: enough that both ways to take them have been tried before the counted ones. */
    private static final int WARM_UP = 44;

    private static final int STEPS = 8;
    private static final int ROUNDS = 5;
    private static final double[] LINKS = {0.25e9, 1e9};
    private static final int SLOTS = 3;

    private PipelineBench() {}

    /** What is measured. */
    private enum Part {
        PROMPTS,
        DECODE,
        STREAMED
    }

    /** Measures a model, all that there is or only the parts that are named; the tables go to the standard output. */
    public static void main(String[] args) throws IOException {
        if (args.length == 0) {
            throw new IllegalArgumentException("name a model");
        }
        Set<Part> parts = EnumSet.noneOf(Part.class);
        for (int i = 1; i < args.length; i++) {
            parts.add(Part.valueOf(args[i].toUpperCase(Locale.ROOT)));
        }
        if (parts.isEmpty()) {
            parts = EnumSet.allOf(Part.class);
        }
        Path machine = Files.createTempFile("sluice-devices", ".json");
        try (ModelSource source = ModelFiles.open(Path.of(args[0]))) {
            Files.writeString(machine, machine());
            DeviceCatalog catalog = DeviceCatalog.discover("cpu", HardwareFiles.simulations(machine.toString()));
            Graph graph = ModelFamilies.lower(source);
            if (parts.contains(Part.PROMPTS)) {
                System.out.println("A prompt of " + CHUNKS + " chunks of " + CHUNK + " tokens:\n");
                shared(
                        catalog,
                        graph,
                        (runner, first) -> runner.prompt(CHUNKS),
                        executor -> executor.promptSteps(CHUNKS * CHUNK).stream()
                                .mapToInt(List::size)
                                .sum());
            }
            if (parts.contains(Part.DECODE)) {
                System.out.println("A step of " + SEQUENCES + " sequences:\n");
                shared(
                        catalog,
                        graph,
                        (runner, first) -> runner.step(first ? WARM_UP : STEPS),
                        executor -> executor.decodeGroups(SEQUENCES).size());
            }
            for (int link = 0; link < LINKS.length && parts.contains(Part.STREAMED); link++) {
                streamed(catalog, graph, link);
            }
        } finally {
            Files.delete(machine);
        }
    }

    /** Equal devices, and one for each link. */
    private static String machine() {
        List<String> devices = new ArrayList<>();
        for (int i = 0; i < DEVICES; i++) {
            devices.add(device("equal:" + i, FACTOR, 8e9));
        }
        for (int i = 0; i < LINKS.length; i++) {
            devices.add(device("link:" + i, 1, LINKS[i]));
        }
        return "{\"devices\": [" + String.join(", ", devices) + "]}";
    }

    private static String device(String id, int factor, double link) {
        return String.format(
                Locale.ROOT,
                "{\"id\": \"%s\", \"simulate\": {\"device\": \"cpu\", \"memory_bytes\": 16e9, \"speed_factor\": %d,"
                        + " \"link\": {\"bytes_per_second\": %.0f, \"latency_seconds\": 1e-5}}}",
                id,
                factor,
                link);
    }

    /** Something that takes some seconds. */
    @FunctionalInterface
    private interface Work {
        double seconds(Runner runner, boolean first);
    }

    /** Micro-batches of an executor's step. */
    @FunctionalInterface
    private interface Pieces {
        int of(Executor executor);
    }

    private static void shared(DeviceCatalog catalog, Graph graph, Work work, Pieces pieces) {
        double[][] samples = new double[DEVICES][ROUNDS];
        int[] counts = new int[DEVICES];
        List<AutoCloseable> open = new ArrayList<>();
        try {
            List<Device> devices = new ArrayList<>();
            for (int i = 0; i < DEVICES; i++) {
                devices.add(catalog.open(catalog.select("equal:" + i), new DeviceOptions(1, CHUNK)));
                open.add(devices.getLast());
            }
            List<Runner> runners = new ArrayList<>();
            for (int count = 1; count <= DEVICES; count++) {
                Executor executor = new Executor(graph, even(graph, devices.subList(0, count)), CHUNK, Progress.NONE);
                open.add(executor);
                counts[count - 1] = pieces.of(executor);
                runners.add(new Runner(executor, SEQUENCES, CHUNKS * CHUNK));
                open.add(runners.getLast());
            }
            for (int round = -1; round < ROUNDS; round++) {
                for (int i = 0; i < DEVICES; i++) {
                    double seconds = work.seconds(runners.get(i), round < 0);
                    if (round >= 0) {
                        samples[i][round] = seconds;
                    }
                }
            }
        } finally {
            open.reversed().forEach(PipelineBench::close);
        }
        System.out.println("| devices | micro-batches | ms | of one device | ideal |\n|---:|---:|---:|---:|---:|");
        for (int i = 0; i < DEVICES; i++) {
            System.out.printf(
                    Locale.ROOT,
                    "| %d | %d | %.0f | %.3f | %.3f |%n",
                    i + 1,
                    counts[i],
                    1e3 * median(samples[i]),
                    ratio(samples[i], samples[0]),
                    (double) (counts[i] + i) / (counts[i] * (i + 1)));
        }
        System.out.println();
    }

    /** As many blocks on each; the first has the embedding, the last the head. */
    private static List<Assignment> even(Graph graph, List<Device> devices) {
        int blocks = graph.layers().size() - 2;
        List<Assignment> assignments = new ArrayList<>();
        for (int i = 0; i < devices.size(); i++) {
            int count = blocks * (i + 1) / devices.size() - blocks * i / devices.size();
            int more = (i == 0 ? 1 : 0) + (i == devices.size() - 1 ? 1 : 0);
            assignments.add(Assignment.resident(devices.get(i), count + more));
        }
        return assignments;
    }

    private static void streamed(DeviceCatalog catalog, Graph graph, int link) {
        int layers = graph.layers().size();
        Set<Integer> blocks = new HashSet<>();
        try (Device device = catalog.open(catalog.select("link:" + link), new DeviceOptions(0, CHUNK))) {
            long bytes = 0;
            for (int i = 0; i < layers; i++) {
                Layer layer = graph.layers().get(i);
                if (layer.kind() == Layer.Kind.BLOCK) {
                    blocks.add(i);
                    bytes += device.imageBytes(layer);
                }
            }
            double copy = bytes / LINKS[link];
            System.out.printf(
                    Locale.ROOT,
                    "Link of %.2f GB/s, %.1f MB streamed, one copy %.0f ms:%n%n"
                            + "| chunks | computation, ms | a step for each, ms | one step, ms | one step / larger |%n"
                            + "|---:|---:|---:|---:|---:|%n",
                    LINKS[link] / 1e9,
                    bytes / 1e6,
                    1e3 * copy);
            try (Executor resident = new Executor(graph, device, CHUNK, Progress.NONE);
                    Runner whole = new Runner(resident, 1, CHUNKS * CHUNK);
                    Executor executor = new Executor(
                            graph,
                            List.of(Assignment.streaming(device, layers, blocks, SLOTS, null)),
                            CHUNK,
                            Progress.NONE);
                    Runner runner = new Runner(executor, 1, CHUNKS * CHUNK)) {
                for (int chunks = 1; chunks <= CHUNKS; chunks *= 2) {
                    double[][] samples = new double[3][ROUNDS];
                    for (int round = -1; round < ROUNDS; round++) {
                        double[] seconds = {whole.prompt(chunks), runner.oneByOne(chunks), runner.prompt(chunks)};
                        for (int i = 0; round >= 0 && i < seconds.length; i++) {
                            samples[i][round] = seconds[i];
                        }
                    }
                    double together = median(samples[2]);
                    System.out.printf(
                            Locale.ROOT,
                            "| %d | %.0f | %.0f | %.0f | %.3f |%n",
                            chunks,
                            1e3 * median(samples[0]),
                            1e3 * median(samples[1]),
                            1e3 * together,
                            together / Math.max(copy, median(samples[0])));
                }
            }
        }
        System.out.println();
    }

    /** Sequences of a model that share a batch. */
    private static final class Runner implements AutoCloseable {
        private final Executor executor;
        private final Batch batch;
        private final List<Sequence> sequences = new ArrayList<>();
        private final int[] prompt;

        Runner(Executor executor, int count, int most) {
            this.executor = executor;
            batch = executor.newBatch(count);
            for (int i = 0; i < count; i++) {
                sequences.add(executor.newSequence(i == 0 ? most : WARM_UP, KvType.F16, batch));
            }
            prompt = new Random(1).ints(most, 0, executor.graph().vocabulary()).toArray();
        }

        /** Seconds to read a prompt and choose what comes next. */
        double prompt(int chunks) {
            return read(chunks, Math.min(chunks * CHUNK, executor.stepTokens()));
        }

        /** The same with a step for each chunk, which is waited for no more than the others. */
        double oneByOne(int chunks) {
            return read(chunks, CHUNK);
        }

        private double read(int chunks, int step) {
            Sequence first = sequences.getFirst();
            first.truncate(0);
            long started = System.nanoTime();
            int all = chunks * CHUNK;
            for (int from = 0; from < all; from += step) {
                batch.clear();
                batch.add(first, prompt, from, step, from + step == all ? 1 : 0);
                batch.run();
            }
            batch.bestToken(0);
            return 1e-9 * (System.nanoTime() - started);
        }

        /** Seconds of a step with a token of each sequence. */
        double step(int steps) {
            sequences.forEach(sequence -> sequence.truncate(0));
            long started = System.nanoTime();
            for (int i = 0; i < steps; i++) {
                batch.clear();
                for (Sequence sequence : sequences) {
                    batch.add(sequence, prompt, i, 1, 1);
                }
                batch.run();
                batch.bestToken(0);
            }
            return 1e-9 * (System.nanoTime() - started) / steps;
        }

        @Override
        public void close() {
            sequences.forEach(Sequence::close);
            batch.close();
        }
    }

    /** Median of the ratios within a round. */
    private static double ratio(double[] some, double[] others) {
        double[] ratios = new double[some.length];
        for (int i = 0; i < some.length; i++) {
            ratios[i] = some[i] / others[i];
        }
        return median(ratios);
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
