package dev.sluice.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.Model;
import dev.sluice.bench.Prediction;
import dev.sluice.error.SluiceException;
import dev.sluice.plan.Forecast;
import dev.sluice.plan.ProfileStore;
import dev.sluice.runtime.Assignment;
import dev.sluice.runtime.Generation;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** {@code --stats}: what each device had to do, how long that was to take and how long it took. */
final class RunStats {
    private final List<Row> rows = new ArrayList<>();
    private final @Nullable String note;

    /**
     * Tokens per second while a device computes; 0 if there is nothing to tell.
     *
     * @param predicted from its profile
     * @param measured in this run
     */
    record Speeds(double predicted, double measured) {
        static Speeds of(int tokens, double predictedSeconds, double measuredSeconds) {
            return new Speeds(
                    predictedSeconds > 0 ? tokens / predictedSeconds : 0,
                    measuredSeconds > 0 ? tokens / measuredSeconds : 0);
        }

        /** How much more than measured was predicted, in percent. */
        double error() {
            return 100 * (predicted / measured - 1);
        }

        boolean compares() {
            return predicted > 0 && measured > 0;
        }
    }

    /**
     * A device, or all together.
     *
     * @param layers that it computes
     * @param bytes of their weights
     * @param waits share of the decoding time in which other devices compute
     */
    record Row(String device, int layers, long bytes, Speeds prefill, Speeds decode, double waits) {}

    private RunStats(@Nullable String note) {
        this.note = note;
    }

    /**
     * Of the first generation of a model.
     *
     * @param store has the profiles
     */
    static RunStats of(Model model, Generation run, ProfileStore store) {
        Prediction prediction = null;
        String note = null;
        try {
            prediction = Prediction.of(model, store);
        } catch (SluiceException e) {
            note = e.getMessage();
        }
        RunStats stats = new RunStats(note);
        int steps = Math.max(0, run.tokens().size() - 1);
        List<Double> prefill = seconds(model, false, run.timings().prefill());
        List<Double> decode = seconds(model, true, run.timings().decode());
        Forecast.Prompt whole = prediction == null ? null : prediction.prompt(run.promptTokens());
        List<Forecast.Part> prompts = whole == null ? List.of() : whole.parts();
        // What is left of the time is not the last device's where it works while others do.
        boolean overlap = model.assignments().size() > 1
                && model.promptSteps(run.promptTokens()).stream().anyMatch(step -> step.size() > 1);
        List<Forecast.Part> tokens =
                prediction == null ? List.of() : prediction.decode(1, run.promptTokens() + steps / 2.0);
        int from = 0;
        for (int i = 0; i < model.assignments().size(); i++) {
            Assignment own = model.assignments().get(i);
            long bytes = model.graph().layers().subList(from, from + own.layers()).stream()
                    .flatMap(layer -> layer.weights().stream())
                    .distinct()
                    .mapToLong(tensor -> tensor.data().byteSize())
                    .sum();
            from += own.layers();
            stats.rows.add(new Row(
                    own.device().info().id(),
                    own.layers(),
                    bytes,
                    Speeds.of(
                            run.promptTokens(),
                            prompts.isEmpty() ? 0 : prompts.get(i).seconds(),
                            overlap && i == model.assignments().size() - 1 ? 0 : prefill.get(i)),
                    Speeds.of(
                            steps, tokens.isEmpty() ? 0 : steps * tokens.get(i).seconds(), decode.get(i)),
                    Math.max(
                            0,
                            1 - decode.get(i) * 1e9 / Math.max(1, run.timings().decode()))));
        }
        if (stats.rows.size() > 1) {
            stats.rows.add(new Row(
                    "together",
                    from,
                    stats.rows.stream().mapToLong(Row::bytes).sum(),
                    Speeds.of(
                            run.promptTokens(),
                            whole == null ? 0 : whole.seconds(),
                            1e-9 * run.timings().prefill()),
                    Speeds.of(
                            steps,
                            steps * Forecast.seconds(tokens),
                            1e-9 * run.timings().decode()),
                    0));
        }
        return stats;
    }

    /** Of each device; the last has what is left of the time. */
    private static List<Double> seconds(Model model, boolean decoding, long all) {
        List<Double> seconds = new ArrayList<>();
        long rest = all;
        for (long nanos : model.partNanos(decoding)) {
            seconds.add(1e-9 * nanos);
            rest -= nanos;
        }
        seconds.add(1e-9 * Math.max(0, rest));
        return seconds;
    }

    void print(PrintStream out) {
        int width = rows.stream().mapToInt(row -> row.device().length()).reduce("device".length(), Math::max);
        String line = "%-" + width + "s  %6s  %9s  %9s %9s %7s  %9s %9s %7s  %6s%n";
        out.printf(line, "", "", "", "prefill", "tokens/s", "", "decode", "tokens/s", "", "");
        out.printf(
                line,
                "device",
                "layers",
                "weights",
                "predicted",
                "measured",
                "error",
                "predicted",
                "measured",
                "error",
                "waits");
        for (Row row : rows) {
            out.printf(
                    line,
                    row.device(),
                    row.layers(),
                    String.format(Locale.ROOT, "%.1f MB", row.bytes() / 1e6),
                    rate(row.prefill().predicted()),
                    rate(row.prefill().measured()),
                    error(row.prefill()),
                    rate(row.decode().predicted()),
                    rate(row.decode().measured()),
                    error(row.decode()),
                    String.format(Locale.ROOT, "%.0f %%", 100 * row.waits()));
        }
        if (note != null) {
            out.println("nothing is predicted: " + note);
        }
    }

    private static String rate(double perSecond) {
        return perSecond == 0 ? "-" : String.format(Locale.ROOT, "%.1f", perSecond);
    }

    private static String error(Speeds speeds) {
        return speeds.compares() ? String.format(Locale.ROOT, "%+.1f %%", speeds.error()) : "-";
    }

    void addTo(ObjectNode root) {
        ObjectNode stats = root.putObject("stats");
        for (Row row : rows) {
            ObjectNode node = stats.withArray("devices")
                    .addObject()
                    .put("device", row.device())
                    .put("layers", row.layers())
                    .put("weight_bytes", row.bytes())
                    .put("waits", row.waits());
            add(node.putObject("prefill"), row.prefill());
            add(node.putObject("decode"), row.decode());
        }
        if (note != null) {
            stats.put("no_prediction", note);
        }
    }

    private static void add(ObjectNode node, Speeds speeds) {
        node.put("measured_tokens_per_second", speeds.measured());
        if (speeds.compares()) {
            node.put("predicted_tokens_per_second", speeds.predicted());
            node.put("error_percent", speeds.error());
        }
    }
}
