package dev.sluice.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.Model;
import dev.sluice.bench.Perplexity;
import dev.sluice.bench.PerplexityResult;
import dev.sluice.error.SluiceException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code sluice perplexity}: how well a model foresees a text. */
@Command(
        name = "perplexity",
        sortOptions = false,
        description = {
            "Measures how well a model foresees a text, as llama-perplexity scores it.",
            "The text is cut into chunks of --ctx tokens (default: 512); the second half of each is scored.",
            ""
        },
        footer = {"", "Example:", "  sluice perplexity --model model.gguf --file wiki.test.raw --chunks 32"})
final class PerplexityCommand implements Callable<Integer> {
    private static final int DEFAULT_CONTEXT = 512;

    private final Streams streams;

    @Mixin
    private final ModelOptions model = new ModelOptions();

    @Option(
            names = {"-f", "--file"},
            required = true,
            paramLabel = "TEXT",
            description = "The text, in UTF-8.")
    private Path file = Path.of("");

    @Option(
            names = "--chunks",
            defaultValue = "-1",
            paramLabel = "N",
            description = "Evaluate no more than N chunks (default: all).")
    private int chunks;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @Mixin
    private final CommonOptions common = new CommonOptions();

    PerplexityCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    public Integer call() throws IOException {
        int context = model.context() == 0 ? DEFAULT_CONTEXT : model.context();
        if (context < Perplexity.LEAST_CONTEXT) {
            throw new UsageException("--ctx must be " + Perplexity.LEAST_CONTEXT + " or more, not " + context);
        }
        if (chunks < -1 || chunks == 0) {
            throw new UsageException("--chunks must be 1 or more, or -1 for all, not " + chunks);
        }
        String text = text();
        try (Tracing _ = model.trace();
                Model loaded = model.load(streams, common, context);
                ProgressLine progress = ProgressLine.on(streams, common)) {
            if (!common.quiet()) {
                streams.err().println(loaded.path());
            }
            PerplexityResult result = new Perplexity(loaded, context).of(text, chunks, (done, total, perplexity) -> {
                if (json) {
                    progress.report("evaluating", done, total);
                } else {
                    streams.out().printf(Locale.ROOT, "[%d]%.4f,", done, perplexity);
                    streams.out().flush();
                }
            });
            if (json) {
                streams.out().println(json(loaded, result));
            } else {
                print(result);
            }
        }
        return 0;
    }

    /** The file's text without a line break at its end, which belongs to the file, not to the text. */
    private String text() throws IOException {
        try {
            String text = Files.readString(file);
            return text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
        } catch (CharacterCodingException e) {
            throw new SluiceException(file + " is not text in UTF-8; convert it first, with iconv for one", e);
        }
    }

    private void print(PerplexityResult result) {
        PrintStream out = streams.out();
        out.println();
        out.printf(Locale.ROOT, "Final estimate: PPL = %.4f +/- %.5f%n", result.perplexity(), result.error());
        if (!common.quiet()) {
            streams.err()
                    .printf(
                            Locale.ROOT,
                            "%d chunks of %d tokens, %d tokens scored, %.1f tokens/s%n",
                            result.chunks(),
                            result.context(),
                            result.scored(),
                            result.rate());
        }
    }

    private String json(Model loaded, PerplexityResult result) throws IOException {
        ObjectMapper mapper = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
        ObjectNode root = mapper.createObjectNode();
        root.put("model_filename", model.file().toString());
        root.put("file", file.toString());
        root.put("n_ctx", result.context());
        root.put("n_chunks", result.chunks());
        root.put("n_scored", result.scored());
        root.put("ppl", result.perplexity());
        root.put("ppl_error", result.error());
        ArrayNode running = root.putArray("ppl_after_chunk");
        result.running().forEach(running::add);
        root.put("seconds", result.nanos() / 1e9);
        root.put("tokens_per_second", result.rate());
        root.put("devices", loaded.device().id());
        root.put("path", loaded.path());
        return mapper.writeValueAsString(root);
    }
}
