package dev.sluice.cli;

import dev.sluice.Model;
import dev.sluice.Session;
import dev.sluice.plan.ProfileStore;
import dev.sluice.runtime.GenerateOptions;
import dev.sluice.runtime.Generation;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code sluice generate}: goes on from a prompt. */
@Command(
        name = "generate",
        sortOptions = false,
        description = {"Completes a prompt and writes the text as it comes.", ""},
        footer = {
            "",
            "Example:",
            "  sluice generate --model SmolLM2-135M-Instruct.Q4_1.gguf --prompt \"Once upon a time\" --max-tokens 100"
        })
final class GenerateCommand implements Callable<Integer> {
    private final Streams streams;
    private final StartTimes times = new StartTimes();

    @Mixin
    private final ModelOptions model = new ModelOptions();

    @ArgGroup(multiplicity = "1")
    private final Start start = new Start();

    /** What to go on from. */
    private static final class Start {
        @Option(
                names = {"-p", "--prompt"},
                paramLabel = "TEXT",
                description = "The text to go on from.")
        private @Nullable String prompt;

        @Option(
                names = "--tokens",
                paramLabel = "IDS",
                converter = TokenIds.Converter.class,
                description = "Token ids to go on from, 1,2,3; taken as they are.")
        private @Nullable TokenIds tokens;
    }

    @Option(
            names = {"-n", "--max-tokens"},
            paramLabel = "N",
            defaultValue = "256",
            description = "The most tokens to generate, -1: until the model ends (default: ${DEFAULT-VALUE}).")
    private int maxTokens;

    @Option(names = "--stop", paramLabel = "TEXT", description = "A text that ends the reply; may be repeated.")
    private List<String> stops = List.of();

    @Option(names = "--ignore-eos", description = "Go on when the model ends its text.")
    private boolean ignoreEnd;

    @Mixin
    private final SamplingOptions sampling = new SamplingOptions();

    @Option(
            names = "--stats",
            description =
                    "Show for each device what it had to do, and predicted speed beside measured speed ('sluice plan"
                            + " --measure' or 'sluice calibrate' measure what predictions need).")
    private boolean stats;

    @Option(names = "--json", description = "Print one JSON object: text, tokens, finish_reason, timings.")
    private boolean json;

    @Mixin
    private final CommonOptions common = new CommonOptions();

    GenerateCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    public Integer call() throws IOException {
        GenerateOptions options = options();
        times.loading();
        try (Tracing _ = model.trace();
                Model loaded = loadTimed();
                Session session = loaded.newSession()) {
            times.generating();
            Generation result = generate(session, options);
            times.firstToken(result.timings().decode());
            RunStats runStats = stats ? RunStats.of(loaded, result, ProfileStore.ofUser()) : null;
            GenerationReport report = new GenerationReport(loaded, result, times, runStats);
            if (json) {
                streams.out().println(report.json());
            } else {
                streams.out().println();
                streams.out().flush();
                if (!common.quiet()) {
                    report.print(streams.err(), common.verbose());
                }
                if (runStats != null) {
                    streams.err().println();
                    runStats.print(streams.err());
                }
            }
            return 0;
        }
    }

    private Model loadTimed() {
        Model loaded = model.load(streams, common);
        times.loaded();
        return loaded;
    }

    private GenerateOptions options() {
        if (maxTokens < -1) {
            throw new UsageException("--max-tokens must be -1 (until the model ends) or more, not " + maxTokens);
        }
        if (stops.contains("")) {
            throw new UsageException("--stop: a stop text must not be empty");
        }
        return GenerateOptions.DEFAULT
                .withMaxTokens(maxTokens)
                .withSampling(sampling.sampling())
                .withStops(stops)
                .withIgnoreEnd(ignoreEnd);
    }

    private Generation generate(Session session, GenerateOptions options) {
        Consumer<String> listener = json ? piece -> {} : piece -> show(session, piece);
        try (ProgressLine progress = ProgressLine.on(streams, common)) {
            GenerateOptions observed = options.withProgress(progress);
            return start.tokens != null
                    ? session.generate(start.tokens.toArray(), observed, listener)
                    : session.generate(start.prompt == null ? "" : start.prompt, observed, listener);
        }
    }

    /** Nobody reads on if the pipe is closed, so there is no use in going on. */
    private void show(Session session, String piece) {
        streams.out().print(piece);
        streams.out().flush();
        if (streams.out().checkError()) {
            session.cancel();
        }
    }
}
