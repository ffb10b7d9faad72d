package dev.sluice.cli;

import static dev.sluice.cli.CommandRun.tinyModel;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.LoadOptions;
import dev.sluice.Model;
import dev.sluice.Sluice;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BenchCommandTest {
    private static final String MODEL = tinyModel("llama3-gqa").toString();

    private static CommandRun bench(String... options) {
        List<String> args = new ArrayList<>(List.of("bench", "--model", MODEL, "--device", "cpu", "--no-warmup"));
        args.addAll(List.of(options));
        return CommandRun.of(args.toArray(String[]::new));
    }

    @Test
    void everyTestIsMeasuredInTheOrderOfLlamaBench() {
        CommandRun run = bench("-p4,5", "-n2", "-pg", "4,2", "-d0,3", "-b1,8", "-r2", "-t2", "-o", "json");
        JsonNode rows = run.succeeds().json();
        List<String> labels = new ArrayList<>();
        rows.forEach(row -> labels.add(row.get("test").asText()));
        assertEquals(
                List.of(
                        "pp4",
                        "pp5",
                        "tg2",
                        "tg2 x8",
                        "pp4+tg2",
                        "pp4+tg2 x8",
                        "pp4 @ d3",
                        "pp5 @ d3",
                        "tg2 @ d3",
                        "tg2 x8 @ d3",
                        "pp4+tg2 @ d3",
                        "pp4+tg2 x8 @ d3"),
                labels);
        JsonNode last = rows.get(11);
        assertEquals(4, last.get("n_prompt").asInt());
        assertEquals(2, last.get("n_gen").asInt());
        assertEquals(3, last.get("n_depth").asInt());
        assertEquals(8, last.get("n_sequences").asInt());
        assertEquals(2, last.get("n_threads").asInt());
        assertEquals(2, last.get("samples_ns").size());
        assertEquals(0, last.get("n_warmup").asInt());
        assertEquals(
                8 * 6 * 1e9 / last.get("samples_ns").get(0).asLong(),
                last.get("samples_ts").get(0).asDouble(),
                1e-6);
        assertTrue(last.get("bandwidth_gb_s").asDouble() > 0);
        assertTrue(run.err().contains("CPU: 2 threads"), run.err());
    }

    @Test
    void bytesAreThoseOfTheWeightsAndTheKvCache() {
        JsonNode row = bench("-p0", "-n1", "-d9", "-r1", "--kv", "f16", "-o", "jsonl", "-q")
                .succeeds()
                .json();
        try (Model model = Sluice.load(tinyModel("llama3-gqa"), LoadOptions.DEFAULT.withDevice("cpu"))) {
            long bytes = model.graph().weightBytes() + 10 * 2 * model.graph().kvFloatsPerToken();
            assertEquals(bytes, row.get("bytes_per_token").asLong());
            long all = model.tensors().values().stream()
                    .mapToLong(t -> t.data().byteSize())
                    .sum();
            assertEquals(all, row.get("model_size").asLong());
        }
    }

    @Test
    void wrongCountsAreWrongUsage() {
        bench("-p0", "-n0").fails(2, "nothing to measure");
        bench("-pg", "512").fails(2, "-pg", "512");
        bench("-pg", "a,b").fails(2, "-pg");
        bench("-pg", "1,-1").fails(2, "-pg");
        bench("-b0").fails(2, "-b");
        bench("-r0").fails(2, "--repetitions");
        bench("-d-1").fails(2, "-d");
        bench("-o", "xml").fails(2, "xml");
    }

    @Test
    void moreSequencesThanAStepHoldsAreRefused() {
        bench("-p0", "-n1", "-b4600").fails(1, "4600", "4096");
    }
}
