package dev.sluice.cli;

import dev.sluice.Model;
import dev.sluice.bench.BenchReport;
import dev.sluice.bench.BenchRun;
import dev.sluice.bench.BenchSession;
import dev.sluice.bench.Measurement;
import dev.sluice.bench.PredictionTable;
import dev.sluice.bench.ThroughputTest;
import dev.sluice.plan.ProfileStore;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code sluice bench}: tokens per second, in llama-bench's terms. */
@Command(
        name = "bench",
        sortOptions = false,
        description = {
            "Measures tokens per second as llama-bench does: pp (a prompt), tg (generation).",
            "Beside them stand the bytes that this moves per second at the least, their share of the memory's read"
                    + " bandwidth as measured in the same run with the same threads, and floating-point operations per"
                    + " second. What runs before the JVM has compiled is not counted.",
            ""
        },
        footer = {"", "Example:", "  sluice bench --model SmolLM2-135M-Instruct.Q4_1.gguf -p 512 -n 128 -r 5"})
final class BenchCommand implements Callable<Integer> {
    private final Streams streams;

    @Mixin
    private final ModelOptions model = new ModelOptions();

    @Option(
            names = {"-p", "--n-prompt"},
            split = ",",
            defaultValue = "512",
            paramLabel = "N",
            description = "Tokens of the prompt, 0 for no such test (default: ${DEFAULT-VALUE}).")
    private List<Integer> prompts = List.of();

    @Option(
            names = {"-n", "--n-gen"},
            split = ",",
            defaultValue = "128",
            paramLabel = "N",
            description = "Tokens to generate, 0 for no such test (default: ${DEFAULT-VALUE}).")
    private List<Integer> generations = List.of();

    @Option(
            names = "-pg",
            paramLabel = "P,N",
            description = "A prompt of P tokens and N generated after it, timed together; may be given again.")
    private List<String> pairs = List.of();

    @Option(
            names = {"-d", "--n-depth"},
            split = ",",
            defaultValue = "0",
            paramLabel = "N",
            description = "Tokens in the context before the clock starts (default: ${DEFAULT-VALUE}).")
    private List<Integer> depths = List.of();

    @Option(
            names = {"-b", "--sequences"},
            split = ",",
            defaultValue = "1",
            paramLabel = "N",
            description = "Sequences to generate at once, a token of each in every step, as llama-batched-bench's -npl;"
                    + " -p alone is measured with one (default: ${DEFAULT-VALUE}).")
    private List<Integer> batches = List.of();

    @Option(
            names = {"-r", "--repetitions"},
            defaultValue = "5",
            paramLabel = "N",
            description = "Counted repetitions of each test (default: ${DEFAULT-VALUE}).")
    private int repetitions;

    @Option(names = "--no-warmup", description = "Count from the first repetition on, the JVM's compilation included.")
    private boolean cold;

    @Option(
            names = "--profile",
            description = "After the tests, run each once more and show which kernels the device ran and for how long"
                    + " (OpenCL devices).")
    private boolean profile;

    @Option(
            names = "--stats",
            description =
                    "After the tests, show the speed that was predicted beside the measured one ('sluice plan --measure'"
                            + " or 'sluice calibrate' measure what predictions need).")
    private boolean stats;

    @Option(
            names = {"-o", "--output"},
            defaultValue = "md",
            paramLabel = "FORMAT",
            description = "md (default), json, jsonl, csv, html or sql (llama-bench's table).")
    private BenchReport.Format output = BenchReport.Format.MD;

    @Mixin
    private final CommonOptions common = new CommonOptions();

    BenchCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    public Integer call() {
        List<ThroughputTest> tests = tests();
        int context = tests.stream()
                .mapToInt(t -> t.sequences() * t.context()) // whose KV caches must fit
                .max()
                .orElseThrow(() ->
                        new UsageException("there is nothing to measure: -p and -n are 0, and -pg is not" + " given"));
        try (Tracing _ = model.trace();
                Model loaded = model.load(streams, common, Math.max(context, model.context()));
                BenchSession session = new BenchSession(loaded, BenchRun.of(loaded, model.file(), model.threads()))) {
            if (!common.quiet()) {
                streams.err().println(loaded.path());
            }
            List<Measurement> measurements = new ArrayList<>();
            try (ProgressLine progress = ProgressLine.on(streams, common)) {
                for (ThroughputTest test : tests) {
                    progress.report("measuring " + test.label(), measurements.size(), tests.size());
                    measurements.add(session.measure(test, !cold, repetitions));
                }
            }
            streams.out().print(BenchReport.render(session.run(), measurements, output));
            if (stats) {
                // Not between the lines of a format that a program reads.
                (output == BenchReport.Format.MD ? streams.out() : streams.err())
                        .print("\n" + PredictionTable.of(loaded, measurements, ProfileStore.ofUser()));
            }
            if (profile) {
                for (ThroughputTest test : tests) {
                    // Not between the lines of a format that a program reads.
                    (output == BenchReport.Format.MD ? streams.out() : streams.err())
                            .print("\n" + session.profile(test));
                }
            }
            return 0;
        }
    }

    private List<ThroughputTest> tests() {
        if (repetitions < 1) {
            throw new UsageException("--repetitions must be 1 or more, not " + repetitions);
        }
        List<ThroughputTest> tests = new ArrayList<>();
        for (int depth : depths) {
            for (int prompt : prompts) {
                add(tests, prompt, 0, depth, 1);
            }
            for (int generated : generations) {
                for (int sequences : batches) {
                    add(tests, 0, generated, depth, sequences);
                }
            }
            for (String pair : pairs) {
                int[] counts = counts(pair);
                for (int sequences : batches) {
                    add(tests, counts[0], counts[1], depth, sequences);
                }
            }
        }
        return tests;
    }

    private static int[] counts(String pair) {
        int[] counts;
        try {
            counts = Stream.of(pair.split(",", -1))
                    .mapToInt(n -> Integer.parseInt(n.strip()))
                    .toArray();
        } catch (NumberFormatException e) {
            counts = new int[0];
        }
        if (counts.length != 2) {
            throw new UsageException("-pg takes two numbers, 512,128, not '" + pair + "'");
        }
        return counts;
    }

    private static void add(List<ThroughputTest> tests, int prompt, int generated, int depth, int sequences) {
        if (prompt < 0 || generated < 0 || depth < 0) {
            throw new UsageException("-p, -n, -pg and -d must be 0 or more");
        }
        if (sequences < 1) {
            throw new UsageException("-b must be 1 or more, not " + sequences);
        }
        if (prompt + generated > 0) {
            tests.add(new ThroughputTest(prompt, generated, depth, sequences));
        }
    }
}
