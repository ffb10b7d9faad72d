package dev.sluice.cli;

import static dev.sluice.cli.CommandRun.tinyModel;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InspectCommandTest {
    @TempDir
    Path folder;

    private Path damaged(String name) throws IOException {
        byte[] bytes = Files.readAllBytes(tinyModel("gemma3"));
        return Files.write(folder.resolve(name), java.util.Arrays.copyOf(bytes, bytes.length / 2));
    }

    @Test
    void showsMetadataTensorsSizesAndNeeds() {
        String out = CommandRun.of("inspect", tinyModel("llama3-gqa").toString())
                .succeeds()
                .out();
        for (String part : List.of(
                "general.architecture = 'llama'",
                "tokenizer.ggml.tokens = an array of 576 strings",
                "blk.2.ffn_down.weight",
                "[96, 64]",
                "F16         22 tensors",
                "KV cache, f32     768 B per token")) {
            assertTrue(out.contains(part), part + " in: " + out);
        }
    }

    @Test
    void goesOnAfterABadFileAndReportsEach() throws IOException {
        String good = tinyModel("llama3-gqa").toString();
        String truncated = damaged("half.gguf").toString();
        CommandRun run =
                CommandRun.of("inspect", truncated, "no/such.gguf", good).fails(1, truncated, "no/such.gguf");
        assertEquals(2, run.err().lines().count(), run.err());
        assertTrue(run.out().contains(good));
    }

    @Test
    void jsonHoldsAnObjectForEachFileThatCanBeRead() throws IOException {
        String good = tinyModel("gemma3").toString();
        CommandRun run = CommandRun.of("inspect", "--json", damaged("half.gguf").toString(), good, good);
        assertEquals(1, run.code());
        JsonNode json = run.json();
        assertEquals(2, json.size());
        JsonNode model = json.get(0);
        assertEquals("gemma3", model.get("metadata").get("general.architecture").asText());
        assertEquals("gemma3", model.get("family").asText());
        assertTrue(model.get("runs").asBoolean());
        assertTrue(model.get("parameters").asLong() > 1000);
        assertEquals(
                "token_embd.weight", model.get("tensors").get(0).get("name").asText());
    }

    @Test
    void aVocabularyWithoutWeightsIsShownAsOne() throws IOException {
        Path vocabulary = CommandRun.vocabulary("phi-3", folder);
        String out = CommandRun.of("inspect", vocabulary.toString()).succeeds().out();
        assertTrue(out.contains("a vocabulary without weights"), out);
        assertFalse(CommandRun.of("inspect", "--json", vocabulary.toString())
                .json()
                .get(0)
                .get("runs")
                .asBoolean());
    }
}
