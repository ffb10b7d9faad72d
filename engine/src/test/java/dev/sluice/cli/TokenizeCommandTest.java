package dev.sluice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenizeCommandTest {
    @TempDir
    static Path folder;

    private static Path vocabulary = Path.of("");

    @BeforeAll
    static void unpack() throws IOException {
        vocabulary = CommandRun.vocabulary("smollm2", folder);
    }

    private static String tokenize(String input, String... options) {
        String[] args = Stream.concat(Stream.of("tokenize", "--model", vocabulary.toString()), Arrays.stream(options))
                .toArray(String[]::new);
        return CommandRun.withInput(input, args).succeeds().out();
    }

    private static String lines(String... lines) {
        return Arrays.stream(lines).map(line -> line + "\n").collect(Collectors.joining());
    }

    @Test
    void writesALineOfIdsForEachLineOfText() {
        assertEquals(lines("19556", "", "19556 28 905"), tokenize("Hello\n\nHello, world"));
        assertEquals("", tokenize(""));
        assertEquals(lines(""), tokenize("\n"));
    }

    @Test
    void textMayHoldLineBreaksWhenInputsAreSeparatedByNul() {
        String whole = tokenize("Hello\nHello\0Hello", "--nul");
        assertEquals(lines("19556 198 19556", "19556"), whole);
        assertEquals(whole, tokenize("Hello\nHello\0Hello\0", "--nul"));
    }

    @Test
    void controlTokensAreTextUnlessAskedFor() {
        assertEquals(lines("1 19556 2"), tokenize("<|im_start|>Hello<|im_end|>", "--special"));
        String plain = tokenize("<|im_start|>Hello<|im_end|>");
        assertEquals(false, plain.startsWith("1 ") || plain.endsWith(" 2\n"), plain);
    }

    @Test
    void bytesThatAreNoUtf8DoNotStopIt() {
        assertEquals(1, tokenize("a\uFFFDb").lines().count());
    }
}
