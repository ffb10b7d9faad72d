package dev.sluice.cli;

import dev.sluice.formats.ModelFiles;
import dev.sluice.formats.ModelSource;
import dev.sluice.tokenizer.Tokenizer;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code sluice tokenize}: text from standard input to token ids. */
@Command(
        name = "tokenize",
        sortOptions = false,
        description = {
            "Turns text from standard input into token ids.",
            "Writes a line of ids, separated by spaces, for each line of text. No begin or end token is added.",
            ""
        },
        footer = {"", "Example:", "  echo \"Hello, world\" | sluice tokenize --model model.gguf"})
final class TokenizeCommand implements Callable<Integer> {
    private final Streams streams;

    @Option(
            names = {"-m", "--model"},
            required = true,
            paramLabel = "FILE",
            description = "A model, or a vocabulary without weights (GGUF).")
    private Path model = Path.of("");

    @Option(names = "--nul", description = "Inputs are separated by NUL characters, not by line breaks.")
    private boolean nul;

    @Option(names = "--special", description = "Control tokens spelled out in the text become their ids.")
    private boolean special;

    @Mixin
    @SuppressWarnings("UnusedVariable") // its options act elsewhere: logging, failures
    private final CommonOptions common = new CommonOptions();

    TokenizeCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    public Integer call() throws IOException {
        Tokenizer tokenizer;
        try (ModelSource source = ModelFiles.open(model)) {
            tokenizer = Tokenizer.of(source.metadata());
        }
        int separator = nul ? 0 : '\n';
        InputStream in = new BufferedInputStream(streams.in(), 1 << 16);
        ByteArrayOutputStream record = new ByteArrayOutputStream();
        for (int next = in.read(); next >= 0; next = in.read()) {
            if (next == separator) {
                write(tokenizer, record);
            } else {
                record.write(next);
            }
        }
        // What follows the last separator is an input of its own only if there is something.
        if (record.size() > 0) {
            write(tokenizer, record);
        }
        return 0;
    }

    private void write(Tokenizer tokenizer, ByteArrayOutputStream record) {
        int[] ids = tokenizer.encode(record.toString(StandardCharsets.UTF_8), special);
        record.reset();
        StringBuilder line = new StringBuilder();
        for (int id : ids) {
            line.append(line.isEmpty() ? "" : " ").append(id);
        }
        streams.out().append(line).append('\n');
    }
}
