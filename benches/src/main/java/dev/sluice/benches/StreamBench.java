package dev.sluice.benches;

import dev.sluice.backend.Device;
import dev.sluice.backend.DeviceInfo;
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
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Steps with streamed blocks beside the same steps with all of them resident, on simulated links of three speeds, with room for a
 * quarter, a half and three quarters of the blocks' weights, for 1, 8 and 32 sequences. The best that a step can take is
 * what takes longer, its computation (measured with resident blocks, in turns with the streamed ones) or its copies (bytes over
 * the link's rate). Embedding and head are resident. {@code scripts/stream-check} runs it.
 */
public final class StreamBench {
    private static final double[] LINKS = {0.5e9, 2e9, 8e9};
    private static final double[] ROOMS = {0.25, 0.5, 0.75};
    private static final int[] SEQUENCES = {1, 8, 32};
    private static final int SLOTS = 3;
    private static final int STEPS = 12;
    private static final int ROUNDS = 5;
    private static final int CAPACITY = 2 + STEPS * (ROUNDS + 1);

    private StreamBench() {}

    /** Measures a model; the table goes to the standard output. */
    public static void main(String[] args) throws IOException {
        if (args.length != 1) {
            throw new IllegalArgumentException("name a model");
        }
        Path machine = Files.createTempFile("sluice-links", ".json");
        try (ModelSource source = ModelFiles.open(Path.of(args[0]))) {
            Files.writeString(machine, machine());
            DeviceCatalog catalog = DeviceCatalog.discover("cpu", HardwareFiles.simulations(machine.toString()));
            System.out.println("| link GB/s | room | streamed MB | sequences | copies ms | computation ms | step ms |"
                    + " step / larger |");
            System.out.println("|---:|---:|---:|---:|---:|---:|---:|---:|");
            Graph graph = ModelFamilies.lower(source);
            for (int link = 0; link < LINKS.length; link++) {
                for (double room : ROOMS) {
                    compare(catalog, graph, link, room);
                }
            }
        } finally {
            Files.delete(machine);
        }
    }

    /** A device for each link, computing on the CPU. */
    private static String machine() {
        List<String> devices = new ArrayList<>();
        for (int i = 0; i < LINKS.length; i++) {
            devices.add(String.format(
                    Locale.ROOT,
                    "{\"id\": \"link:%d\", \"simulate\": {\"device\": \"cpu\", \"memory_bytes\": 16e9,"
                            + " \"link\": {\"bytes_per_second\": %.0f}}}",
                    i,
                    LINKS[i]));
        }
        return "{\"devices\": [" + String.join(", ", devices) + "]}";
    }

    private static void compare(DeviceCatalog catalog, Graph graph, int link, double room) {
        DeviceInfo info = catalog.select("link:" + link);
        int layers = graph.layers().size();
        DeviceOptions options = new DeviceOptions(0, SEQUENCES[SEQUENCES.length - 1]);
        try (Device device = catalog.open(info, options)) {
            List<Long> images = new ArrayList<>();
            for (Layer layer : graph.layers()) {
                images.add(layer.kind() == Layer.Kind.BLOCK ? device.imageBytes(layer) : 0L);
            }
            Set<Integer> streamed = streamed(images, room);
            long bytes = streamed.stream().mapToLong(images::get).sum();
            try (Executor resident = new Executor(graph, device, options.batchTokens(), Progress.NONE);
                    Executor streaming = new Executor(
                            graph,
                            List.of(Assignment.streaming(device, layers, streamed, SLOTS, null)),
                            options.batchTokens(),
                            Progress.NONE)) {
                for (int sequences : SEQUENCES) {
                    double[] times = times(resident, streaming, sequences);
                    double copies = bytes / LINKS[link];
                    System.out.printf(
                            Locale.ROOT,
                            "| %.1f | %.0f %% | %.1f | %d | %.2f | %.2f | %.2f | %.3f |%n",
                            LINKS[link] / 1e9,
                            100 * room,
                            bytes / 1e6,
                            sequences,
                            1e3 * copies,
                            1e3 * times[0],
                            1e3 * times[1],
                            times[1] / Math.max(copies, times[0]));
                }
            }
        }
    }

    /** As few blocks, evenly spread, as leave the rest and the slots within the room. */
    private static Set<Integer> streamed(List<Long> images, double room) {
        List<Integer> blocks = new ArrayList<>();
        for (int i = 0; i < images.size(); i++) {
            if (images.get(i) > 0) {
                blocks.add(i);
            }
        }
        long all = images.stream().mapToLong(i -> i).sum();
        long largest = images.stream().mapToLong(i -> i).max().orElseThrow();
        for (int count = 1; count < blocks.size(); count++) {
            Set<Integer> chosen = new LinkedHashSet<>();
            for (int i = 0; i < count; i++) {
                chosen.add(blocks.get((2 * i + 1) * blocks.size() / (2 * count)));
            }
            long streamed = chosen.stream().mapToLong(images::get).sum();
            if (all - streamed + SLOTS * largest <= room * all) {
                return chosen;
            }
        }
        return new LinkedHashSet<>(blocks);
    }

    /** Medians of the seconds of a step, resident and streamed, measured in turns. */
    private static double[] times(Executor resident, Executor streaming, int sequences) {
        double[][] samples = new double[2][ROUNDS];
        Executor[] executors = {resident, streaming};
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
                    Sequence sequence = executor.newSequence(CAPACITY, KvType.F16, batch);
                    open.add(sequence);
                    own.add(sequence);
                }
                rows.add(own);
            }
            for (int round = -1; round < ROUNDS; round++) {
                for (int i = 0; i < 2; i++) {
                    double seconds = seconds(batches.get(i), rows.get(i));
                    if (round >= 0) {
                        samples[i][round] = seconds;
                    }
                }
            }
        } finally {
            for (AutoCloseable one : open.reversed()) {
                close(one);
            }
        }
        return new double[] {median(samples[0]), median(samples[1])};
    }

    private static double seconds(Batch batch, List<Sequence> sequences) {
        int[] token = {1};
        long started = 0;
        for (int step = -1; step < STEPS - 1; step++) {
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
        return 1e-9 * (System.nanoTime() - started) / (STEPS - 1);
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
