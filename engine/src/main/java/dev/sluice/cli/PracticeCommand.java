package dev.sluice.cli;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;

/**
 * {@code sluice practice}: goes through what people start most, with a small model of its own. The launcher runs it once
 * while the JVM records, for its ahead-of-time cache, which classes a start loads and which methods it uses much.
 */
@Command(name = "practice", hidden = true, description = "What the launcher records for its start-up cache.")
final class PracticeCommand implements Callable<Integer> {
    private static final int ROUNDS = 4;
    private static final String SENTENCE = "It was a bright cold day in April, and the clocks were striking 13. ";

    private final Streams streams;

    PracticeCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    public Integer call() throws IOException {
        Path model = Files.createTempFile("sluice-practice", ".gguf");
        try {
            PracticeModel.write(model, 6);
            for (int round = 0; round < ROUNDS; round++) {
                for (List<String> command : commands(model.toString())) {
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
        }
    }

    private static List<List<String>> commands(String model) {
        List<String> generate = List.of("generate", "--device", "cpu", "--model", model, "--ignore-eos", "--prompt");
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
