package dev.sluice.cli;

import dev.sluice.Model;
import dev.sluice.Session;
import dev.sluice.error.SluiceException;
import dev.sluice.runtime.GenerateOptions;
import dev.sluice.runtime.Generation;
import java.io.IOException;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code sluice chat}: a conversation. */
@Command(
        name = "chat",
        sortOptions = false,
        description = {
            "A conversation with a chat model.",
            "/reset forgets what was said, /exit or Ctrl-D ends, Ctrl-C stops a reply. Without a terminal each line of standard input is said in turn.",
            ""
        },
        footer = {"", "Example:", "  sluice chat --model SmolLM2-135M-Instruct.Q4_1.gguf"})
final class ChatCommand implements Callable<Integer> {
    private final Streams streams;

    @Mixin
    private final ModelOptions model = new ModelOptions();

    @Option(names = "--system", paramLabel = "TEXT", description = "Instructions for the model.")
    private @Nullable String system;

    @Option(
            names = {"-n", "--max-tokens"},
            paramLabel = "N",
            defaultValue = "-1",
            description = "The most tokens of a reply (default: until the model ends it).")
    private int maxTokens;

    @Mixin
    private final SamplingOptions sampling = new SamplingOptions();

    @Mixin
    private final CommonOptions common = new CommonOptions();

    ChatCommand(Streams streams) {
        this.streams = streams;
    }

    @Override
    public Integer call() throws IOException {
        if (maxTokens < -1) {
            throw new UsageException("--max-tokens must be -1 (until the model ends) or more, not " + maxTokens);
        }
        GenerateOptions options =
                GenerateOptions.DEFAULT.withMaxTokens(maxTokens).withSampling(sampling.sampling());
        try (Tracing _ = model.trace();
                Model loaded = model.load(streams, common);
                Session session = loaded.newSession()) {
            Conversation conversation = new Conversation(session, new TurnEncoder(loaded.tokenizer(), system));
            try (ChatInput input = ChatInput.on(streams, conversation::interrupt)) {
                if (input.isTerminal() && !common.quiet()) {
                    streams.err().println(loaded.device().id() + ": " + loaded.path());
                    streams.err().println("/reset forgets what was said, Ctrl-D ends, Ctrl-C stops a reply");
                }
                return converse(conversation, input, options);
            }
        }
    }

    /** Turn by turn; in a script the first failure ends it, at a terminal one may go on. */
    private int converse(Conversation conversation, ChatInput input, GenerateOptions options) throws IOException {
        while (true) {
            Optional<String> line = input.next();
            if (line.isEmpty() || line.get().equals("/exit") || line.get().equals("/quit")) {
                return 0;
            }
            if (line.get().isBlank()) {
                continue;
            }
            if (line.get().equals("/reset")) {
                conversation.reset();
                continue;
            }
            try {
                reply(conversation, input, line.get(), options);
            } catch (SluiceException e) {
                if (!input.isTerminal()) {
                    throw e;
                }
                Failures.report(e, streams.errWriter(), "sluice chat", common.verbose());
                streams.err().println("/reset makes room again");
            }
            if (streams.out().checkError()) {
                return 0; // nobody reads on; Main says so
            }
        }
    }

    private void reply(Conversation conversation, ChatInput input, String line, GenerateOptions options) {
        Generation reply;
        try (ProgressLine progress = ProgressLine.on(streams, common)) {
            reply = conversation.say(line, options.withProgress(progress), piece -> {
                streams.out().print(piece);
                streams.out().flush();
            });
        }
        streams.out().println();
        streams.out().flush();
        if (reply.finishReason() == Generation.FinishReason.CONTEXT) {
            streams.err().println("the context is full: /reset begins anew, --ctx makes it longer");
        }
        if (common.verbose() || (input.isTerminal() && !common.quiet())) {
            streams.err()
                    .printf(
                            Locale.ROOT,
                            "[%d tokens, %.1f tokens/s]%n",
                            reply.tokens().size(),
                            reply.decodeRate());
        }
    }
}
