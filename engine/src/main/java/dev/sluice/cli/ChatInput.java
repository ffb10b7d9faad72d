package dev.sluice.cli;

import java.io.BufferedReader;
import java.io.Console;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;

/** Where the user's words come from: a terminal with line editing and history, or any other stream, line by line. */
interface ChatInput extends AutoCloseable {
    /** The next line, or nothing at the end. */
    Optional<String> next() throws IOException;

    /** Whether somebody sits there. */
    boolean isTerminal();

    @Override
    void close() throws IOException;

    /**
     * The terminal if both ends of the conversation are one, else standard input.
     *
     * @param interrupt called when Ctrl-C is pressed while no line is being read
     */
    @SuppressWarnings("SystemConsoleNull") // JDK 25 returns null again without a terminal
    static ChatInput on(Streams streams, Runnable interrupt) throws IOException {
        Console console = System.console();
        if (console != null && console.isTerminal() && streams.in() == System.in) {
            return new OnTerminal(interrupt);
        }
        return new OnStream(new BufferedReader(new InputStreamReader(streams.in(), StandardCharsets.UTF_8)));
    }

    /** Lines of a stream. */
    record OnStream(BufferedReader reader) implements ChatInput {
        @Override
        public Optional<String> next() throws IOException {
            return Optional.ofNullable(reader.readLine());
        }

        @Override
        public boolean isTerminal() {
            return false;
        }

        @Override
        public void close() {
            // Standard input belongs to the process.
        }
    }

    /** Lines edited on a terminal. */
    final class OnTerminal implements ChatInput {
        private final Terminal terminal;
        private final LineReader reader;

        OnTerminal(Runnable interrupt) throws IOException {
            terminal = TerminalBuilder.builder()
                    .system(true)
                    .nativeSignals(true)
                    // No questions to the terminal: their answers would show where it does not know them.
                    .graphemeCluster(false)
                    .encoding(StandardCharsets.UTF_8)
                    .build();
            terminal.handle(Terminal.Signal.INT, _ -> interrupt.run());
            reader = LineReaderBuilder.builder()
                    .terminal(terminal)
                    // An exclamation mark is one, not a reference to the history.
                    .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
                    .build();
        }

        @Override
        public Optional<String> next() {
            try {
                return Optional.of(reader.readLine("> "));
            } catch (UserInterruptException e) {
                return Optional.of(""); // Ctrl-C discards the line that is being written
            } catch (EndOfFileException e) {
                return Optional.empty();
            }
        }

        @Override
        public boolean isTerminal() {
            return true;
        }

        @Override
        public void close() throws IOException {
            terminal.close();
        }
    }
}
