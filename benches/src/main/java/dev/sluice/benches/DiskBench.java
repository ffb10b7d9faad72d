package dev.sluice.benches;

import dev.sluice.LoadOptions;
import dev.sluice.Model;
import dev.sluice.Sluice;
import dev.sluice.graph.Graph;
import dev.sluice.graph.HeadSlices;
import dev.sluice.runtime.Assignment;
import dev.sluice.runtime.Sequence;
import dev.sluice.system.DirectReads;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Decodes with weights that are read from disk for each token, beside reading the same files and doing nothing else, in turns.
 * {@code scripts/disk-check} runs it with less memory than the model takes.
 */
public final class DiskBench {
    private static final int ROUNDS = 5;
    private static final int TOKENS = 2;
    private static final int FILES = 12;
    /** What calls read that were fastest. */
    private static final int PIECE = 16 << 20;

    private DiskBench() {}

    /** Measures a model on a device; the table goes to the standard output. */
    public static void main(String[] args) throws IOException {
        if (args.length != 2) {
            throw new IllegalArgumentException("name a model and a device");
        }
        LoadOptions options = LoadOptions.DEFAULT.withDevice(args[1]).withContextLength(256);
        try (Model model = Sluice.load(Path.of(args[0]), options);
                Sequence sequence = model.newSequence(1);
                Arena arena = Arena.ofConfined()) {
            ByteBuffer buffer = arena.allocate(PIECE, 4096).asByteBuffer();
            System.out.println(model.path());
            long bytes = streamedBytes(model);
            List<Path> files = files(model);
            double[] decode = new double[ROUNDS];
            double[] disk = new double[ROUNDS];
            sequence.append(new int[] {1}, 0, 1, 1);
            for (int round = 0; round < ROUNDS; round++) {
                disk[round] = diskRate(files, round, buffer);
                token(sequence); // what is on its way when reading begins was read before
                long begun = System.nanoTime();
                for (int i = 0; i < TOKENS; i++) {
                    token(sequence);
                }
                decode[round] = TOKENS * bytes * 1e9 / (System.nanoTime() - begun);
                System.out.printf(
                        Locale.ROOT,
                        "round %d: decode streams %.2f GB/s (%.2f s a token), the disk alone gives %.2f GB/s%n",
                        round + 1,
                        decode[round] / 1e9,
                        bytes / decode[round],
                        disk[round] / 1e9);
            }
            System.out.printf(
                    Locale.ROOT,
                    "%.2f GB a token; medians %.2f of %.2f GB/s: %.0f %%%n",
                    bytes / 1e9,
                    median(decode) / 1e9,
                    median(disk) / 1e9,
                    100 * median(decode) / median(disk));
        }
    }

    private static void token(Sequence sequence) {
        sequence.append(new int[] {sequence.bestToken()}, 0, 1, 1);
    }

    private static long streamedBytes(Model model) {
        Graph graph = model.graph();
        long bytes = 0;
        int from = 0;
        for (Assignment assignment : model.assignments()) {
            for (int layer : assignment.streamed()) {
                bytes += assignment.device().imageBytes(graph.layers().get(from + layer));
            }
            if (!assignment.slices().isEmpty()) {
                for (HeadSlices.Part part : new HeadSlices(graph).parts(assignment.slices())) {
                    bytes += part.apart() ? assignment.device().imageBytes(part.layer()) : 0;
                }
            }
            from += assignment.layers();
        }
        return bytes;
    }

    private static List<Path> files(Model model) throws IOException {
        for (Assignment assignment : model.assignments()) {
            Path folder = assignment.packed();
            if (folder != null) {
                try (Stream<Path> files = Files.list(folder)) {
                    return files.filter(file -> file.toString().endsWith(".packed"))
                            .sorted()
                            .toList();
                }
            }
        }
        throw new IllegalArgumentException("nothing is read from files: the model fits into memory");
    }

    /** Bytes per second over some of the files, others in each round, one after another. */
    private static double diskRate(List<Path> files, int round, ByteBuffer buffer) throws IOException {
        long bytes = 0;
        long begun = System.nanoTime();
        for (int i = 0; i < FILES; i++) {
            Path file = files.get((FILES * round + i) % files.size());
            try (FileChannel channel =
                    DirectReads.open(file).orElseThrow(() -> new IOException(file + " cannot be read directly"))) {
                for (int count = channel.read(buffer.clear()); count >= 0; count = channel.read(buffer.clear())) {
                    bytes += count;
                }
            }
        }
        return bytes * 1e9 / (System.nanoTime() - begun);
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
