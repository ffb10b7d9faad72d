package dev.sluice.cli;

import dev.sluice.tokenizer.Tokenizer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Turns of a conversation as token ids, marked as the model has learnt it. */
final class TurnEncoder {
    private final Tokenizer tokenizer;
    private final TurnFormat format;
    private final @Nullable String instructions;

    /**
     * An encoder for the format that the vocabulary speaks.
     *
     * @param instructions what the model is told before the first turn, if anything
     * @throws dev.sluice.error.SluiceException if the vocabulary has no turn tokens that are known
     */
    TurnEncoder(Tokenizer tokenizer, @Nullable String instructions) {
        this.tokenizer = tokenizer;
        this.format = TurnFormat.of(tokenizer);
        this.instructions = instructions;
    }

    /** The beginning of a conversation, up to where the model's reply begins. */
    int[] opening(String text) {
        if (instructions == null) {
            return tokenizer.withBos(turn(marks(""), text));
        }
        if (format.system().isEmpty()) {
            return tokenizer.withBos(turn(marks(""), instructions + "\n\n" + text));
        }
        int[] system = join(marks(format.system()), words(instructions), marks(format.turnEnd() + format.between()));
        return tokenizer.withBos(turn(system, text));
    }

    /**
     * What follows a reply, up to where the next one begins.
     *
     * @param replyIsOpen whether the model was kept from ending its turn itself
     */
    int[] following(String text, boolean replyIsOpen) {
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
}
