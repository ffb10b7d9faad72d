package dev.sluice.bench;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The table that llama-bench keeps results in. */
final class BenchSql {
    private BenchSql() {}

    /** @param rows at least one, all with the same keys */
    static String statements(List<Map<String, @Nullable Object>> rows) {
        StringBuilder sql = new StringBuilder("CREATE TABLE IF NOT EXISTS llama_bench (\n");
        sql.append(rows.getFirst().entrySet().stream()
                .map(e -> "  " + e.getKey() + " " + type(e.getValue()))
                .collect(Collectors.joining(",\n")));
        sql.append("\n);\n\n");
        for (Map<String, @Nullable Object> row : rows) {
            sql.append("INSERT INTO llama_bench (")
                    .append(String.join(", ", row.keySet()))
                    .append(") VALUES (")
                    .append(row.values().stream()
                            .map(v -> "'" + BenchReport.plain(v).replace("'", "''") + "'")
                            .collect(Collectors.joining(", ")))
                    .append(");\n");
        }
        return sql.toString();
    }

    private static String type(@Nullable Object value) {
        return switch (value) {
            case Boolean flag -> "INTEGER";
            case Integer number -> "INTEGER";
            case Long number -> "INTEGER";
            case Double number -> "REAL";
            case null, default -> "TEXT";
        };
    }
}
