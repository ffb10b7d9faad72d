package dev.sluice.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Measurements as a table for people: llama-bench's columns, then bytes moved per second, their share of the memory's
 * bandwidth, and arithmetic.
 */
final class BenchTable {
    private static final List<String> NAMES =
            List.of("model", "size", "params", "backend", "threads", "test", "t/s", "GB/s", "% of read", "GFLOP/s");
    /** Columns of text, which begin at the left; numbers end at the right. */
    private static final List<String> TEXTS = List.of("model", "backend");

    private final List<List<String>> rows;
    private final String title;
    private final String note;

    private BenchTable(List<List<String>> rows, String title, String note) {
        this.rows = rows;
        this.title = title;
        this.note = note;
    }

    static BenchTable of(BenchRun run, List<Measurement> measurements) {
        List<List<String>> rows = new ArrayList<>();
        for (Measurement measurement : measurements) {
            rows.add(row(run, measurement));
        }
        return new BenchTable(rows, run.engine() + ", " + run.path(), note(run, measurements));
    }

    private static List<String> row(BenchRun run, Measurement measurement) {
        ThroughputResult result = measurement.result();
        return List.of(
                run.model().type(),
                size(run.model().bytes()),
                parameters(run.model().parameters()),
                run.backend(),
                String.valueOf(run.threads()),
                measurement.test().label(),
                fixed(result.averageRate(), 2) + " ± " + fixed(result.deviationRate(), 2),
                fixed(measurement.gigabytesPerSecond(), 1),
                measurement.bandwidthPercent().map(p -> fixed(p, 0) + " %").orElse("–"),
                fixed(measurement.gigaflopsPerSecond(), 0));
    }

    private static String note(BenchRun run, List<Measurement> measurements) {
        String read = "not measured: the device reads a memory of its own";
        if (run.readsHostMemory()) {
            double least = Double.MAX_VALUE;
            double most = 0;
            for (Measurement measurement : measurements) {
                double best = measurement.bandwidth().map(b -> b.best() / 1e9).orElse(0.0);
                least = Math.min(least, best);
                most = Math.max(most, best);
            }
            String range = (most - least < 0.05 ? "" : fixed(least, 1) + " to ") + fixed(most, 1);
            read = range + " GB/s by " + run.threads() + (run.threads() == 1 ? " thread" : " threads")
                    + ", measured around each test";
        }
        int warmUps = measurements.stream()
                .mapToInt(m -> m.result().warmUp().repetitions())
                .sum();
        double seconds = measurements.stream()
                .mapToDouble(m -> m.result().warmUp().nanos() / 1e9)
                .sum();
        return "memory read: " + read + "; JIT warm-up: " + warmUps + " uncounted repetitions, " + fixed(seconds, 1)
                + " s";
    }

    String markdown() {
        int[] widths = widths();
        StringBuilder text = new StringBuilder();
        line(text, NAMES, widths);
        text.append('|');
        for (int i = 0; i < NAMES.size(); i++) {
            text.append(' ')
                    .append("-".repeat(widths[i] - 1))
                    .append(isText(i) ? '-' : ':')
                    .append(" |");
        }
        text.append('\n');
        for (List<String> row : rows) {
            line(text, row, widths);
        }
        return text.append('\n').append(note).append('\n').toString();
    }

    private static void line(StringBuilder text, List<String> cells, int[] widths) {
        text.append('|');
        for (int i = 0; i < widths.length; i++) {
            String padding = " ".repeat(widths[i] - cells.get(i).length());
            text.append(' ')
                    .append(isText(i) ? cells.get(i) + padding : padding + cells.get(i))
                    .append(" |");
        }
        text.append('\n');
    }

    private int[] widths() {
        int[] widths = new int[NAMES.size()];
        for (int i = 0; i < widths.length; i++) {
            int column = i;
            widths[i] = Math.max(
                    NAMES.get(i).length(),
                    rows.stream().mapToInt(r -> r.get(column).length()).max().orElse(0));
        }
        return widths;
    }

    String html() {
        StringBuilder page =
                new StringBuilder("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
        page.append("<title>").append(escape(title)).append("</title>\n<style>\n");
        page.append("body { font: 15px/1.5 sans-serif; margin: 2em; }\n");
        page.append("table { border-collapse: collapse; }\n");
        page.append("th, td { border-bottom: 1px solid #ccc; padding: .3em .8em; text-align: right; }\n");
        page.append(".text { text-align: left; }\n</style>\n</head>\n<body>\n");
        page.append("<h1>").append(escape(title)).append("</h1>\n<table>\n");
        htmlRow(page, "th", NAMES);
        for (List<String> row : rows) {
            htmlRow(page, "td", row);
        }
        return page.append("</table>\n<p>")
                .append(escape(note))
                .append("</p>\n</body>\n</html>\n")
                .toString();
    }

    private static void htmlRow(StringBuilder page, String tag, List<String> cells) {
        page.append("<tr>");
        for (int i = 0; i < cells.size(); i++) {
            page.append('<').append(tag).append(isText(i) ? " class=\"text\">" : ">");
            page.append(escape(cells.get(i))).append("</").append(tag).append('>');
        }
        page.append("</tr>\n");
    }

    private static boolean isText(int column) {
        return TEXTS.contains(NAMES.get(column));
    }

    private static String size(long bytes) {
        return bytes < 1L << 30
                ? fixed(bytes / (double) (1L << 20), 2) + " MiB"
                : fixed(bytes / (double) (1L << 30), 2) + " GiB";
    }

    private static String parameters(long count) {
        return count < 1_000_000_000 ? fixed(count / 1e6, 2) + " M" : fixed(count / 1e9, 2) + " B";
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }

    private static String fixed(double value, int decimals) {
        return String.format(Locale.ROOT, "%." + decimals + "f", value);
    }
}
