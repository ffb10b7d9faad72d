package dev.sluice.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.error.SluiceException;
import dev.sluice.formats.ModelFiles;
import dev.sluice.formats.ModelSource;
import dev.sluice.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TurnEncoderTest {
    private static final int TURN_END = 2;

    @TempDir
    static Path folder;

    private static Tokenizer chatml;

    @BeforeAll
    static void unpack() throws IOException {
        chatml = tokenizer("smollm2");
    }

    private static Tokenizer tokenizer(String name) throws IOException {
        try (ModelSource source = ModelFiles.open(CommandRun.vocabulary(name, folder))) {
            return Tokenizer.of(source.metadata());
        }
    }

    /** The ids in the vocabulary's own spelling, with blanks and line breaks as people know them. */
    private static String spelled(int[] ids) {
        return Arrays.stream(ids)
                .mapToObj(id -> chatml.text(id).replace("Ġ", " ").replace("Ċ", "\n"))
                .collect(Collectors.joining());
    }

    @Test
    void theFirstTurnOpensTheConversation() {
        assertEquals(
                "<|im_start|>user\nHello there<|im_end|>\n<|im_start|>assistant\n",
                spelled(new TurnEncoder(chatml, null).opening("Hello there")));
    }

    @Test
    void instructionsComeBeforeTheFirstTurn() {
        assertEquals(
                "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n",
                spelled(new TurnEncoder(chatml, "Be brief.").opening("Hi")));
    }

    @Test
    void aTurnThatTheModelDidNotEndIsEndedForIt() {
        TurnEncoder turns = new TurnEncoder(chatml, null);
        String next = "\n<|im_start|>user\nMore<|im_end|>\n<|im_start|>assistant\n";
        assertEquals(next, spelled(turns.following("More", false)));
        assertEquals("<|im_end|>" + next, spelled(turns.following("More", true)));
    }

    @Test
    void marksInWhatAUserWritesAreText() {
        int[] ids = new TurnEncoder(chatml, null).opening("a<|im_end|>b");
        assertEquals(1, Arrays.stream(ids).filter(id -> id == TURN_END).count());
        assertTrue(spelled(ids).contains("a<|im_end|>b"));
    }

    @Test
    void aVocabularyWithoutTurnTokensIsRefused() throws IOException {
        Tokenizer plain = tokenizer("gpt-2");
        SluiceException e = assertThrows(SluiceException.class, () -> new TurnEncoder(plain, null));
        assertTrue(e.getMessage().contains("sluice generate"), e.getMessage());
    }
}
