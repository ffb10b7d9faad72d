package dev.sluice.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Writes measurements down in one of several formats. */
public final class BenchReport {
    private static final ObjectMapper JSON = new ObjectMapper();

    private BenchReport() {}

    /** How measurements are written. */
    public enum Format {
        /** A Markdown table. */
        MD,
        /** One JSON array. */
        JSON,
        /** A JSON object on each line. */
        JSONL,
        /** Comma-separated values with a header line, without the single samples. */
        CSV,
        /** A page for a browser, which needs nothing else. */
        HTML,
        /** Statements that create and fill the table of llama-bench, with its columns alone. */
        SQL
    }

    /** All measurements in one format, with a line end. */
    public static String render(BenchRun run, List<Measurement> measurements, Format format) {
        return switch (format) {
            case MD -> BenchTable.of(run, measurements).markdown();
            case JSON -> json(run, measurements);
            case JSONL ->
                measurements.stream()
                        .map(m -> write(BenchRow.full(run, m)) + "\n")
                        .collect(Collectors.joining());
            case CSV -> csv(run, measurements);
            case HTML -> BenchTable.of(run, measurements).html();
            case SQL ->
                BenchSql.statements(
                        measurements.stream().map(m -> BenchRow.shared(run, m)).toList());
        };
    }

    private static String json(BenchRun run, List<Measurement> measurements) {
        List<Map<String, @Nullable Object>> rows =
                measurements.stream().map(m -> BenchRow.full(run, m)).toList();
        try {
            return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(rows) + "\n";
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("results cannot be written as JSON", e);
        }
    }

    private static String write(Map<String, @Nullable Object> row) {
        try {
            return JSON.writeValueAsString(row);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("results cannot be written as JSON", e);
        }
    }

    private static String csv(BenchRun run, List<Measurement> measurements) {
        StringBuilder lines = new StringBuilder();
        for (Measurement measurement : measurements) {
            Map<String, @Nullable Object> row = BenchRow.shared(run, measurement);
            row.putAll(BenchRow.own(run, measurement));
            if (lines.isEmpty()) {
                lines.append(String.join(",", row.keySet())).append('\n');
            }
            lines.append(row.values().stream()
                            .map(v -> "\"" + plain(v).replace("\"", "\"\"") + "\"")
                            .collect(Collectors.joining(",")))
                    .append('\n');
        }
        return lines.toString();
    }

    /** A value as llama-bench writes it where there are no types: 0 and 1 for flags, nothing for what is missing. */
    static String plain(@Nullable Object value) {
        return switch (value) {
            case null -> "";
            case Boolean flag -> flag ? "1" : "0";
            default -> value.toString();
        };
    }
}
