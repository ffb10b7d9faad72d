package dev.sluice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.zip.GZIPInputStream;

/**
 * One run of the command line, as a user sees it.
 *
 * @param code the exit code
 * @param out standard output
 * @param err standard error
 */
record CommandRun(int code, String out, String err) {
    static CommandRun of(String... args) {
        return withInput("", args);
    }

    static CommandRun withInput(String input, String... args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        Streams streams = new Streams(
                new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
                new PrintStream(out, false, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                false);
        int code = Main.run(args, streams);
        return new CommandRun(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    CommandRun succeeds() {
        assertEquals(0, code, err);
        return this;
    }

    /** Ended with this code and one message with these words, on standard error alone. */
    CommandRun fails(int expected, String... words) {
        assertEquals(expected, code, out + err);
        for (String word : words) {
            assertTrue(err.contains(word), "'" + word + "' in: " + err);
        }
        assertFalse(err.contains("\tat ") || err.contains("Exception"), err);
        return this;
    }

    JsonNode json() {
        try {
            return new ObjectMapper().readTree(out);
        } catch (IOException e) {
            throw new UncheckedIOException(out, e);
        }
    }

    /** A tiny model with random weights. */
    static Path tinyModel(String name) {
        URL url = Objects.requireNonNull(CommandRun.class.getResource("/conformance/models/" + name + ".gguf"), name);
        try {
            return Path.of(url.toURI());
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    /** A published vocabulary without weights, unpacked into a folder. */
    static Path vocabulary(String name, Path folder) throws IOException {
        Path file = folder.resolve(name + ".gguf");
        try (InputStream in = new GZIPInputStream(Objects.requireNonNull(
                CommandRun.class.getResourceAsStream("/dev/sluice/tokenizer/" + name + ".gguf.gz"), name))) {
            Files.copy(in, file);
        }
        return file;
    }
}
