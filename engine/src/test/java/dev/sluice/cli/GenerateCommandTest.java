package dev.sluice.cli;

import static dev.sluice.cli.CommandRun.tinyModel;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class GenerateCommandTest {
    private static CommandRun generate(String... options) {
        return CommandRun.of(Stream.concat(
                        Stream.of(
                                "generate",
                                "--model",
                                tinyModel("llama3-gqa").toString(),
                                "--device",
                                "cpu",
                                "--ignore-eos"),
                        Arrays.stream(options))
                .toArray(String[]::new));
    }

    private static List<Integer> tokens(CommandRun run) {
        List<Integer> ids = new ArrayList<>();
        run.succeeds().json().get("tokens").forEach(id -> ids.add(id.asInt()));
        return ids;
    }

    @Test
    void jsonHoldsTokensTextReasonAndTimings() {
        CommandRun run = generate("--tokens", "5,6,7", "--max-tokens", "8", "--temperature", "0", "--json");
        assertEquals(8, tokens(run).size());
        JsonNode json = run.json();
        assertEquals(3, json.get("prompt_tokens").asInt());
        assertEquals("length", json.get("finish_reason").asText());
        assertTrue(json.get("text").isTextual());
        assertEquals(8, json.get("timings").get("predicted_n").asInt());
        assertTrue(json.get("timings").get("prompt_ms").asDouble() > 0);
        assertEquals("cpu", json.get("device").asText());
    }

    @Test
    void textGoesToStandardOutputAndSpeedAndPathToStandardError() {
        String[] options = {"--prompt", "ab", "--max-tokens", "6", "--temperature", "0"};
        String text = generate(with(options, "--json")).json().get("text").asText();
        CommandRun run = generate(options).succeeds();
        assertEquals(text + "\n", run.out());
        for (String word : List.of("path", "cpu", "tokens/s", "first token after", "--max-tokens")) {
            assertTrue(run.err().contains(word), run.err());
        }
        assertEquals("", generate(with(options, "--quiet")).succeeds().err());
    }

    @Test
    void theSameSeedGivesTheSameTextAndAnotherOneAnother() {
        String[] options = {"--tokens", "5,6,7", "--max-tokens", "24", "--temperature", "1", "--top-k", "0", "--json"};
        List<Integer> one = tokens(generate(with(options, "--seed", "1")));
        assertEquals(one, tokens(generate(with(options, "--seed", "1"))));
        assertNotEquals(one, tokens(generate(with(options, "--seed", "2"))));
    }

    @Test
    void aPromptOfSeveralBatchesGivesWhatOneBatchGives() {
        String[] options = {"--tokens", "5,6,7,8,9", "--max-tokens", "4", "--temperature", "0", "--json"};
        assertEquals(tokens(generate(options)), tokens(generate(with(options, "--kv", "f32", "--threads", "1"))));
    }

    @Test
    void zeroTokensReadThePromptAndWriteNothing() {
        CommandRun run = generate("--tokens", "5,6", "--max-tokens", "0", "--json");
        assertEquals(List.of(), tokens(run));
        assertEquals("length", run.json().get("finish_reason").asText());
    }

    @Test
    void aFullContextEndsTheTextAndSaysSo() {
        CommandRun run = generate("--tokens", "5,6,7", "--max-tokens", "-1", "--ctx", "8")
                .succeeds();
        assertTrue(run.err().contains("--ctx"), run.err());
    }

    @Test
    void aPromptLongerThanTheContextIsRefused() {
        generate("--tokens", "5,6,7,8,9", "--ctx", "4").fails(1, "context", "4 tokens");
    }

    @Test
    void anIdBeyondTheVocabularyIsRefused() {
        generate("--tokens", "576").fails(1, "576");
    }

    @Test
    void anEmptyPromptIsRefused() {
        generate("--prompt", "").fails(1, "empty");
    }

    @Test
    void aStopTextEndsTheTextAndIsNotPartOfIt() {
        String[] options = {"--tokens", "5,6,7", "--max-tokens", "40", "--temperature", "1", "--seed", "3", "--json"};
        String whole = generate(options).succeeds().json().get("text").asText();
        String stop = whole.substring(whole.length() / 2, whole.length() / 2 + 2);
        JsonNode json = generate(with(options, "--stop", stop)).succeeds().json();
        assertEquals(whole.substring(0, whole.indexOf(stop)), json.get("text").asText());
        assertEquals("stop", json.get("finish_reason").asText());
        assertFalse(stop.isBlank());
    }

    private static String[] with(String[] options, String... more) {
        return Stream.concat(Arrays.stream(options), Arrays.stream(more)).toArray(String[]::new);
    }
}
