package dev.sluice.cli;

import static dev.sluice.cli.CommandRun.tinyModel;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.LoadOptions;
import dev.sluice.Model;
import dev.sluice.Sluice;
import dev.sluice.runtime.Sequence;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PerplexityCommandTest {
    private static final Path MODEL = tinyModel("gemma3");
    private static final String TEXT =
            "A text that nobody would call good, but which is long enough to be cut in pieces."
                    + " What is left at its end is dropped.";
    private static final int CONTEXT = 12;

    @TempDir
    Path folder;

    private Path file = Path.of("");

    @BeforeEach
    void write() throws IOException {
        file = Files.writeString(folder.resolve("text"), TEXT + "\n");
    }

    private CommandRun perplexity(String... options) {
        return perplexity(CONTEXT, options);
    }

    private CommandRun perplexity(int context, String... options) {
        List<String> args = new ArrayList<>(List.of(
                "perplexity",
                "--model",
                MODEL.toString(),
                "--device",
                "cpu",
                "--file",
                file.toString(),
                "--ctx",
                String.valueOf(context)));
        args.addAll(List.of(options));
        return CommandRun.of(args.toArray(String[]::new));
    }

    /** Token by token and straight from the definition: the log-likelihoods of the second half of each chunk. */
    private static List<Double> logLikelihoods() {
        List<Double> all = new ArrayList<>();
        try (Model model =
                        Sluice.load(MODEL, LoadOptions.DEFAULT.withDevice("cpu").withContextLength(CONTEXT));
                Sequence sequence = model.newSequence(1)) {
            int[] tokens = model.tokenizer().withBos(model.tokenizer().encode(TEXT, false));
            float[] logits = new float[model.graph().vocabulary()];
            for (int from = 0; from + CONTEXT <= tokens.length; from += CONTEXT) {
                tokens[from] = model.tokenizer().bos().orElseThrow();
                sequence.truncate(0);
                for (int i = 0; i < CONTEXT - 1; i++) {
                    sequence.append(tokens, from + i, 1, 1);
                    if (i >= CONTEXT / 2) {
                        sequence.logits(0, logits);
                        double sum = 0;
                        for (float logit : logits) {
                            sum += Math.exp(logit);
                        }
                        all.add(logits[tokens[from + i + 1]] - Math.log(sum));
                    }
                }
            }
        }
        return all;
    }

    private static double perplexity(List<Double> logLikelihoods) {
        return Math.exp(-logLikelihoods.stream().mapToDouble(v -> v).average().orElseThrow());
    }

    @Test
    void theSecondHalfOfEachChunkIsScored() {
        List<Double> expected = logLikelihoods();
        int perChunk = CONTEXT - 1 - CONTEXT / 2;
        int chunks = expected.size() / perChunk;
        JsonNode result = perplexity("--json").succeeds().json();
        assertEquals(chunks, result.get("n_chunks").asInt());
        assertEquals(expected.size(), result.get("n_scored").asInt());
        double ppl = perplexity(expected);
        assertEquals(ppl, result.get("ppl").asDouble(), 1e-4 * ppl);
        for (int i = 0; i < chunks; i++) {
            double after = perplexity(expected.subList(0, (i + 1) * perChunk));
            assertEquals(after, result.get("ppl_after_chunk").get(i).asDouble(), 1e-4 * after);
        }
        double mean = Math.log(ppl);
        double variance = expected.stream()
                        .mapToDouble(v -> (-v - mean) * (-v - mean))
                        .average()
                        .orElseThrow()
                / (expected.size() - 1);
        double error = ppl * Math.sqrt(variance);
        assertEquals(error, result.get("ppl_error").asDouble(), 1e-3 * error);
    }

    @Test
    void itIsPrintedAsLlamaPerplexityPrintsIt() {
        CommandRun run = perplexity("--chunks", "2").succeeds();
        double ppl = perplexity(logLikelihoods().subList(0, 2 * (CONTEXT - 1 - CONTEXT / 2)));
        String digits = String.format(Locale.ROOT, "%.4f", ppl).substring(0, 4);
        assertTrue(
                run.out().matches("(?s)\\[1][0-9.]+,\\[2][0-9.]+,\\RFinal estimate: PPL = [0-9.]+ \\+/- [0-9.]+\\R"));
        assertTrue(run.out().contains("PPL = " + digits), run.out());
        assertTrue(run.err().contains("2 chunks of 12 tokens, 10 tokens scored"), run.err());
    }

    @Test
    void aTextTooShortForTwoChunksIsRefused() {
        perplexity(512).fails(1, "two chunks of 512", "--ctx");
    }

    @Test
    void aFileThatIsNoTextIsRefused() throws IOException {
        Files.write(file, new byte[] {'a', (byte) 0xff, 'b'});
        perplexity().fails(1, file.toString(), "UTF-8");
    }

    @Test
    void wrongValuesAreWrongUsage() {
        perplexity(4).fails(2, "--ctx");
        perplexity("--chunks", "0").fails(2, "--chunks");
        CommandRun.of("perplexity", "--model", MODEL.toString()).fails(2, "--file");
    }

    @Test
    void aMissingTextIsNamed() {
        file = folder.resolve("missing");
        perplexity().fails(1, file.toString());
    }
}
