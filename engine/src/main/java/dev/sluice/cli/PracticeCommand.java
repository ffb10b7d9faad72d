package dev.sluice.cli;

import dev.sluice.plan.DeviceCatalog;
import dev.sluice.tensor.DType;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@code sluice practice}: goes through what people start most, with a small model of its own. The launcher runs it once
 * while the JVM records, for its ahead-of-time cache, which classes a start loads and which methods it uses much.
 */
@Command(name = "practice", hidden = true, description = "What the launcher records for its start-up cache.")
final class PracticeCommand implements Callable<Integer> {
    private static final int ROUNDS = 4;
    private static final String SENTENCE = "It was a bright cold day in April, and the clocks were striking 13. ";

    /** Formats whose programs OpenCL devices compile for practice: each further one takes seconds. */
    private static final List<DType> OPENCL_FORMATS = List.of(DType.Q4_1, DType.Q8_0);

    private final Streams streams;

    @Option(names = "--cpu-only", description = "Leave OpenCL devices alone.")
    private boolean cpuOnly;

    PracticeCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    public Integer call() throws IOException {
        Path model = Files.createTempFile("sluice-practice", ".gguf");
        Path small = Files.createTempFile("sluice-practice", ".gguf");
        try {
            PracticeModel.write(model, 6, PracticeModel.ALL_FORMATS);
            PracticeModel.write(small, 6, OPENCL_FORMATS);
            List<List<String>> commands = new ArrayList<>(commands(model.toString()));
            if (!cpuOnly
                    && DeviceCatalog.discover().devices().stream()
                            .anyMatch(device -> device.backend().equals("opencl"))) {
                commands.addAll(onOpenCl(small.toString()));
            }
            for (int round = 0; round < ROUNDS; round++) {
                for (List<String> command : commands) {
                    int code = run(command);
                    if (code != 0) {
                        streams.err().println("practice: " + command + " ended with " + code);
                        return code;
                    }
                }
            }
            return 0;
        } finally {
            Files.delete(model);
            Files.delete(small);
        }
    }

    private static List<String> generate(String device, String model) {
        return List.of("generate", "--device", device, "--model", model, "--ignore-eos", "--prompt");
    }

    private static List<List<String>> onOpenCl(String model) {
        List<String> generate = generate("opencl", model);
        return List.of(
                with(generate, "The capital of France is", "--max-tokens", "8"),
                with(generate, SENTENCE.repeat(12), "--max-tokens", "4", "--verbose"));
    }

    private static List<List<String>> commands(String model) {
        List<String> generate = generate("cpu", model);
        return List.of(
                with(generate, "The capital of France is", "--max-tokens", "8"),
                with(generate, SENTENCE.repeat(12), "--max-tokens", "4", "--json"),
                with(generate, SENTENCE, "--max-tokens", "4", "--temperature", "0.8", "--seed", "1", "--verbose"),
                List.of("tokenize", "--model", model),
                List.of("inspect", model),
                List.of("generate", "--help"),
                List.of("--help"),
                List.of("--version"));
    }

    private static List<String> with(List<String> command, String... more) {
        return Stream.concat(command.stream(), Arrays.stream(more)).toList();
    }

    private int run(List<String> command) {
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
        ByteArrayInputStream text = new ByteArrayInputStream(SENTENCE.getBytes(StandardCharsets.UTF_8));
        return Main.run(command.toArray(String[]::new), new Streams(text, nowhere, streams.err(), false));
    }
}
