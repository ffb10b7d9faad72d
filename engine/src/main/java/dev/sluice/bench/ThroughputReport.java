package dev.sluice.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sluice.Model;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Writes results down with llama-bench's names, so that both can be compared by the same scripts. */
public final class ThroughputReport {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** How results are written. */
    public enum Format {
        /** A Markdown table. */
        MD,
        /** One JSON array. */
        JSON,
        /** A JSON object on each line. */
        JSONL,
        /** Comma-separated values with a header line. */
        CSV
    }

    private final Model model;
    private final Path file;
    private final int threads;

    /** @param threads CPU threads asked for, 0 for all */
    public ThroughputReport(Model model, Path file, int threads) {
        this.model = model;
        this.file = file;
        this.threads = threads == 0 ? Runtime.getRuntime().availableProcessors() : threads;
    }

    /** All results in one format, with a line end. */
    public String render(List<ThroughputResult> results, Format format) {
        List<Map<String, Object>> rows = results.stream().map(this::row).toList();
        try {
            return switch (format) {
                case MD -> markdown(results);
                case JSON -> JSON.writerWithDefaultPrettyPrinter().writeValueAsString(rows) + "\n";
                case JSONL -> lines(rows);
                case CSV -> csv(rows);
            };
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("results cannot be written as JSON", e);
        }
    }

    private Map<String, Object> row(ThroughputResult result) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("model_filename", file.toString());
        row.put("model_type", model.graph().family());
        row.put("model_size", size());
        row.put("n_batch", model.batchTokens());
        row.put("n_threads", threads);
        row.put("type_k", model.kvType().name().toLowerCase(Locale.ROOT));
        row.put("type_v", model.kvType().name().toLowerCase(Locale.ROOT));
        row.put("devices", model.device().id());
        row.put("path", model.path());
        row.put("n_prompt", result.test().prompt());
        row.put("n_gen", result.test().generated());
        row.put("n_depth", result.test().depth());
        row.put("test", result.test().label());
        row.put("n_warmup", result.warmUps());
        row.put("avg_ns", Math.round(result.averageNanos()));
        row.put("stddev_ns", Math.round(result.deviationNanos()));
        row.put("avg_ts", result.averageRate());
        row.put("stddev_ts", result.deviationRate());
        row.put("samples_ns", result.samplesNanos());
        List<Double> rates = new ArrayList<>();
        for (double rate : result.rates()) {
            rates.add(rate);
        }
        row.put("samples_ts", rates);
        return row;
    }

    private long size() {
        try {
            return Files.size(file);
        } catch (IOException e) {
            throw new UncheckedIOException(file + " cannot be read any more", e);
        }
    }

    private String markdown(List<ThroughputResult> results) {
        StringBuilder table = new StringBuilder("| model | size | device | threads | test | t/s |\n");
        table.append("|---|---:|---|---:|---:|---:|\n");
        for (ThroughputResult result : results) {
            table.append(String.format(
                    Locale.ROOT,
                    "| %s | %.1f MiB | %s | %d | %s | %.2f ± %.2f |%n",
                    file.getFileName(),
                    size() / (1024.0 * 1024.0),
                    model.device().id(),
                    threads,
                    result.test().label(),
                    result.averageRate(),
                    result.deviationRate()));
        }
        return table.toString();
    }

    private static String lines(List<Map<String, Object>> rows) throws JsonProcessingException {
        StringBuilder lines = new StringBuilder();
        for (Map<String, Object> row : rows) {
            lines.append(JSON.writeValueAsString(row)).append('\n');
        }
        return lines.toString();
    }

    private static String csv(List<Map<String, Object>> rows) {
        StringBuilder lines = new StringBuilder();
        for (Map<String, Object> row : rows) {
            if (lines.isEmpty()) {
                lines.append(String.join(",", row.keySet())).append('\n');
            }
            lines.append(row.values().stream()
                            .map(v -> "\"" + v.toString().replace("\"", "\"\"") + "\"")
                            .collect(Collectors.joining(",")))
                    .append('\n');
        }
        return lines.toString();
    }
}
