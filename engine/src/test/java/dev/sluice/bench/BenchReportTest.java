package dev.sluice.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.backend.DeviceInfo;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class BenchReportTest {
    /** The keys that llama-bench b11434 writes, in its order. */
    private static final String LLAMA_BENCH_KEYS =
            "build_commit,build_number,cpu_info,gpu_info,backends,model_filename,"
                    + "model_type,model_size,model_n_params,n_batch,n_ubatch,n_threads,cpu_mask,cpu_strict,poll,type_k,type_v,"
                    + "n_gpu_layers,n_cpu_moe,split_mode,main_gpu,no_kv_offload,flash_attn,devices,tensor_split,"
                    + "tensor_buft_overrides,load_mode,lazy_mode,embeddings,no_op_offload,no_host,repack,fit_target,fit_min_ctx,"
                    + "n_prompt,n_gen,n_depth,test_time,avg_ns,stddev_ns,avg_ts,stddev_ts";

    private static final BenchRun RUN = run(DeviceInfo.Kind.CPU, "cpu");
    /** 8 tokens in 4 ms with 80 MB of weights read for each and 160 MFLOP: 160 GB/s of 200, 320 GFLOP/s. */
    private static final Measurement DECODE = measurement(Optional.of(new ReadBandwidth.Sample(List.of(150e9, 200e9))));

    private static BenchRun run(DeviceInfo.Kind kind, String backend) {
        DeviceInfo device =
                new DeviceInfo(backend + ":0", backend, kind, "R&D", "driver", 1L << 30, 1L << 28, Map.of());
        ModelFacts model = new ModelFacts("llama 135M Q4_1", 96_576_768, 134_515_008);
        return new BenchRun(
                "sluice-1.0", "Example CPU", device, "two threads <fast>", Path.of("m.gguf"), model, 30, 512, 2, "f16");
    }

    private static Measurement measurement(Optional<ReadBandwidth.Sample> bandwidth) {
        ThroughputResult result = new ThroughputResult(
                new ThroughputTest(0, 8, 16),
                Instant.parse("2026-11-22T07:30:46.5Z"),
                List.of(4_000_000L, 4_000_000L),
                new WarmUp(3, 1_500_000_000L, 700_000_000L),
                0);
        return new Measurement(result, new Work(8 * 80e6, 8 * 160e6), bandwidth);
    }

    private static String render(BenchReport.Format format) {
        return BenchReport.render(RUN, List.of(DECODE, DECODE), format);
    }

    @Test
    void theTableHasTheColumnsOfLlamaBenchAndThoseOfTheMemory() {
        assertEquals("""
                | model           |      size |   params | backend | threads |      test |            t/s |  GB/s | % of read | GFLOP/s |
                | --------------- | --------: | -------: | ------- | ------: | --------: | -------------: | ----: | --------: | ------: |
                | llama 135M Q4_1 | 92.10 MiB | 134.52 M | CPU     |       2 | tg8 @ d16 | 2000.00 ± 0.00 | 160.0 |      80 % |     320 |
                | llama 135M Q4_1 | 92.10 MiB | 134.52 M | CPU     |       2 | tg8 @ d16 | 2000.00 ± 0.00 | 160.0 |      80 % |     320 |

                memory read: 200.0 GB/s by 2 threads, measured around each test; JIT warm-up: 6 uncounted repetitions, 3.0 s
                """, render(BenchReport.Format.MD));
    }

    @Test
    void jsonHoldsEveryKeyOfLlamaBench() throws JsonProcessingException {
        JsonNode rows = new ObjectMapper().readTree(render(BenchReport.Format.JSON));
        assertEquals(2, rows.size());
        JsonNode row = rows.get(0);
        for (String key : LLAMA_BENCH_KEYS.split(",", -1)) {
            assertTrue(row.has(key), key);
        }
        assertEquals("2026-11-22T07:30:46Z", row.get("test_time").asText());
        assertEquals(2000, row.get("avg_ts").asDouble());
        assertEquals(4_000_000, row.get("samples_ns").get(1).asLong());
        assertEquals(2000, row.get("samples_ts").get(1).asDouble());
        assertEquals(80e6, row.get("bytes_per_token").asDouble());
        assertEquals(200, row.get("bandwidth_gb_s").asDouble());
        assertEquals(80, row.get("bandwidth_percent").asDouble(), 1e-9);
        assertEquals(320, row.get("gflop_s").asDouble(), 1e-9);
        assertEquals(3, row.get("n_warmup").asInt());
    }

    @Test
    void jsonLinesAreTheRowsOfJson() throws JsonProcessingException {
        JsonNode rows = new ObjectMapper().readTree(render(BenchReport.Format.JSON));
        List<String> lines = render(BenchReport.Format.JSONL).lines().toList();
        assertEquals(2, lines.size());
        assertEquals(rows.get(0), new ObjectMapper().readTree(lines.get(0)));
    }

    @Test
    void csvBeginsWithTheColumnsOfLlamaBench() {
        List<String> lines = render(BenchReport.Format.CSV).lines().toList();
        assertEquals(3, lines.size());
        assertTrue(lines.get(0).startsWith(LLAMA_BENCH_KEYS + ",test,"), lines.get(0));
        assertTrue(
                lines.get(1).startsWith("\"sluice-1.0\",\"0\",\"Example CPU\",\"\",\"CPU\",\"m.gguf\","), lines.get(1));
        assertTrue(lines.get(1).contains("\"0x0\",\"0\",\"50\",\"f16\""), "flags are 0 and 1");
    }

    @Test
    void sqlFillsTheTableOfLlamaBench() {
        String sql = render(BenchReport.Format.SQL);
        assertTrue(sql.startsWith(
                "CREATE TABLE IF NOT EXISTS llama_bench (\n  build_commit TEXT,\n  build_number INTEGER,\n"));
        assertTrue(sql.contains("  avg_ts REAL,\n  stddev_ts REAL\n);\n"), sql);
        assertEquals(
                2,
                sql.lines()
                        .filter(l -> l.startsWith("INSERT INTO llama_bench (build_commit, build_number,")
                                && l.endsWith(", '2000.0', '0.0');"))
                        .count());
        assertFalse(sql.contains("bandwidth"));
    }

    @Test
    void aPageShowsTheTableWithItsTextEscaped() {
        String page = render(BenchReport.Format.HTML);
        assertTrue(page.startsWith("<!DOCTYPE html>"));
        assertTrue(page.contains("<h1>sluice-1.0, two threads &lt;fast&gt;</h1>"), page);
        assertTrue(page.contains("<td>2000.00 ± 0.00</td><td>160.0</td><td>80 %</td><td>320</td>"), page);
    }

    @Test
    void aDeviceWithAMemoryOfItsOwnIsNotComparedWithTheCpus() throws JsonProcessingException {
        BenchRun gpu = run(DeviceInfo.Kind.GPU, "opencl");
        List<Measurement> measurements = List.of(measurement(Optional.empty()));
        JsonNode row = new ObjectMapper().readTree(BenchReport.render(gpu, measurements, BenchReport.Format.JSONL));
        assertTrue(row.get("bandwidth_gb_s").isNull());
        assertTrue(row.get("bandwidth_percent").isNull());
        assertEquals("R&D", row.get("gpu_info").asText());
        assertEquals("OpenCL", row.get("backends").asText());
        assertEquals(31, row.get("n_gpu_layers").asInt());
        assertTrue(BenchReport.render(gpu, measurements, BenchReport.Format.MD).contains("| 160.0 |         – |"));
    }
}
