package dev.sluice.cli;

import dev.sluice.Session;
import dev.sluice.runtime.GenerateOptions;
import dev.sluice.runtime.Generation;
import dev.sluice.tokenizer.Tokenizer;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** A conversation in turns: what is said goes into the session once, marked as the model has learnt it. */
final class Conversation {
    private final Session session;
    private final Tokenizer tokenizer;
    private final TurnFormat format;
    private final @Nullable String instructions;
    private boolean replyIsOpen;

    /** @param instructions what the model is told before the first turn, if anything */
    Conversation(Session session, Tokenizer tokenizer, @Nullable String instructions) {
        this.session = session;
        this.tokenizer = tokenizer;
        this.format = TurnFormat.of(tokenizer);
        this.instructions = instructions;
    }

    /** Says something and has the reply streamed to a listener. */
    Generation say(String text, GenerateOptions options, Consumer<String> listener) {
        int[] turn = session.position() == 0 ? tokenizer.withBos(opening(text)) : following(text);
        // Until the model has ended its turn itself, the next turn has to.
        replyIsOpen = true;
        Generation reply = session.generate(turn, options, listener);
        replyIsOpen = reply.finishReason() != Generation.FinishReason.END;
        return reply;
    }

    private int[] opening(String text) {
        if (instructions == null) {
            return turn(marks(""), text);
        }
        if (format.system().isEmpty()) {
            return turn(marks(""), instructions + "\n\n" + text);
        }
        return turn(
                join(marks(format.system()), words(instructions), marks(format.turnEnd() + format.between())), text);
    }

    private int[] following(String text) {
        return turn(marks((replyIsOpen ? format.turnEnd() : "") + format.between()), text);
    }

    private int[] turn(int[] before, String text) {
        return join(
                before,
                marks(format.user()),
                words(text),
                marks(format.turnEnd() + format.between() + format.assistant()));
    }

    private int[] marks(String text) {
        return tokenizer.encode(text, true);
    }

    /** What people write must not be able to end their turn: marks in it are text. */
    private int[] words(String text) {
        return tokenizer.encode(text, false);
    }

    private static int[] join(int[]... parts) {
        return IntStream.range(0, parts.length)
                .flatMap(i -> IntStream.of(parts[i]))
                .toArray();
    }

    /** Forgets what was said. */
    void reset() {
        session.reset();
        replyIsOpen = false;
    }

    /** Ends a running reply; from any thread. */
    void interrupt() {
        session.cancel();
    }
}
